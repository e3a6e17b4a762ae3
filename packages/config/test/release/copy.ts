import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { shell } from '../../scripts/shell.ts'
import { packages, root } from '../../scripts/workspace.ts'

/** Copies this repository, as it is and with what is installed, to where releases do no harm. No changeset comes along. */
export async function copyRepository(copy: string): Promise<void> {
  const skip = /(^|\/)(node_modules|\.git|\.turbo|\.readme|coverage|docs|bench)$|^\/\.changeset\/(?!README)[^/]+\.md$/
  cpSync(root, copy, { recursive: true, filter: (path) => !skip.test(path.slice(root.length)) })
  for (const at of ['.', ...packages().map(({ folder }) => folder)])
    if (existsSync(join(root, at, 'node_modules')))
      symlinkSync(join(root, at, 'node_modules'), join(copy, at, 'node_modules'))
  mkdirSync(join(copy, '.changeset'), { recursive: true })
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['-c', 'user.name=Pipe', '-c', 'user.email=pipe@example.invalid', 'commit', '-qm', 'copy'],
  ])
    await shell('git', args, { cwd: copy })
}
