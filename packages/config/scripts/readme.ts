// The ```ts blocks of every page, type-checked and run: a page that lies fails here. See snippets.ts for the marks.
import { globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { report } from './report.ts'
import { shell } from './shell.ts'
import { snippetsOf, unprinted, type Snippet } from './snippets.ts'
import { packages, published, root } from './workspace.ts'

const pages = globSync(
  ['README.md', 'CONTRIBUTING.md', '{packages,plugins,examples}/*/README.md', 'bench/README.md', 'docs/**/*.md'],
  {
    cwd: root,
    exclude: ['docs/api/**', '**/node_modules/**'],
  },
).sort()
const homes = packages().map(({ folder }) => folder)
const problems: string[] = []
const folders = new Set<string>()
const modules: { page: string; file: string; snippet: Snippet }[] = []

/** Beside the package of a page, so that its imports mean what they mean there; every package of ours answers to its name. */
function folderOf(page: string): string {
  const folder = join(root, homes.find((home) => page.startsWith(`${home}/`)) ?? '.', '.readme')
  if (folders.has(folder)) return folder
  folders.add(folder)
  rmSync(folder, { recursive: true, force: true })
  for (const { path, manifest } of published()) {
    const link = join(folder, 'node_modules', manifest.name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(path, link, 'junction')
  }
  return folder
}

try {
  for (const page of pages) {
    const snippets = snippetsOf(readFileSync(join(root, page), 'utf8'))
    for (const snippet of snippets) {
      const file = join(folderOf(page), `${page.replaceAll('/', '-')}.${snippet.line}.ts`)
      writeFileSync(file, snippet.code)
      modules.push({ page, file, snippet })
    }
  }
  if (modules.length > 0) {
    const project = join(folderOf('README.md'), 'tsconfig.json')
    const settings = {
      extends: '../packages/config/tsconfig.base.json',
      files: modules.map(({ file }) => file),
      include: [],
    }
    writeFileSync(project, JSON.stringify(settings))
    await shell('tsc', ['-p', project, '--pretty', 'false'], { cwd: root }).catch((error: unknown) => {
      problems.push(String(error))
    })
  }
  for (const { page, file, snippet } of modules) {
    if (!snippet.runs) continue
    try {
      const output = await shell('node', ['--conditions=@pipe/source', file], { cwd: dirname(file), timeout: 30_000 })
      const text = unprinted(snippet, output)
      if (text !== undefined) throw new Error(`it does not print "${text}" where the page says so`)
    } catch (error) {
      problems.push(`${page}, the module from line ${snippet.line}: ${String(error)}`)
    }
  }
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
const ran = modules.filter(({ snippet }) => snippet.runs).length
report(`${modules.length} modules from ${pages.length} pages type-check, ${ran} of them ran`, problems)
