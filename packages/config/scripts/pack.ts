// Looks at what npm users get: packs every package and hands the tarball to publint and attw.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { report } from './report.ts'
import { shell } from './shell.ts'
import { pack } from './tarball.ts'
import { published } from './workspace.ts'

const problems: string[] = []
const folder = mkdtempSync(join(tmpdir(), 'pipe-pack-'))
try {
  for (const { path, manifest } of published()) {
    const tarball = await pack(path, folder)
    const { messages, pkg } = await publint({
      pack: { tarball: Uint8Array.from(readFileSync(tarball)).buffer },
      strict: true,
    })
    problems.push(
      ...messages.map((message) => `${manifest.name}: ${formatMessage(message, pkg, { color: false }) ?? ''}`),
    )
    await shell('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color']).catch((error: unknown) => {
      problems.push(`${manifest.name}: ${String(error)}`)
    })
  }
} finally {
  rmSync(folder, { recursive: true })
}
report('publint and attw accept every package', problems)
