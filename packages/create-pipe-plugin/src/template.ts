import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PluginName } from './plugin-name.ts'

/** A file of a package: where it is in there, and what is in it. */
export interface TemplateFile {
  readonly path: string
  readonly text: string
}

/** Version ranges by the name of a package. */
export type Versions = Readonly<Record<string, string>>

/** The template is a package itself, of this name, whose sources are checked and tested as they are. */
const templateName: PluginName = {
  package: '@acme/pipe-slow-step',
  plugin: 'slow-step',
  camel: 'slowStep',
  pascal: 'SlowStep',
}

/** npm leaves every .gitignore out of what it publishes, and tools take a package.json for a package. */
const finalNames: ReadonlyMap<string, string> = new Map([
  ['gitignore', '.gitignore'],
  ['manifest.json', 'package.json'],
])

/** All files of the template, in the order of their paths. */
export async function readTemplate(): Promise<TemplateFile[]> {
  const folder = fileURLToPath(new URL('../template', import.meta.url))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = async (file: string) => ({ path: relative(folder, file), text: await readFile(file, 'utf8') })
  return Promise.all(files.sort().map(read))
}

/** The words that the code of the template uses, with the names of its files: a plugin cannot have one of them. */
export function wordsOf(files: readonly TemplateFile[]): ReadonlySet<string> {
  const code = files.filter(({ path }) => path.endsWith('.ts'))
  const texts = code.flatMap(({ path, text }) => [path, text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '')])
  const words = texts.flatMap((text) => text.match(/\w+/g) ?? [])
  return new Set(words)
}

/** The template as the package of a plugin called `name`. Each `*` in its manifest becomes the range in `versions`. */
export function fillTemplate(files: readonly TemplateFile[], name: PluginName, versions: Versions): TemplateFile[] {
  const parts = ['package', 'plugin', 'camel', 'pascal'] as const
  const newNames = new Map(parts.map((part) => [templateName[part], name[part]]))
  // In one go: a new name may contain an old one.
  const oldNames = new RegExp([...newNames.keys()].join('|'), 'g')
  const rename = (text: string) => text.replace(oldNames, (old) => newNames.get(old) ?? old)
  return files.map(({ path, text }) => ({
    path: finalNames.get(path) ?? rename(path),
    text: rename(path === 'manifest.json' ? withVersions(text, versions) : text),
  }))
}

function withVersions(manifest: string, versions: Versions): string {
  return manifest.replace(/"(\S+)": "\*"/g, (_, name: string) => {
    const version = versions[name]
    if (version === undefined) throw new Error(`The template needs ${name}, and nobody knows its version.`)
    return `"${name}": "${/^\d/.test(version) ? '^' : ''}${version}"`
  })
}
