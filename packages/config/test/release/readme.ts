import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shell } from '../../scripts/shell.ts'
import { snippetsOf, unprinted } from '../../scripts/snippets.ts'

const readmeOf = (folder: string) => readFileSync(join(folder, 'README.md'), 'utf8')

/** The packages, not ours and not Node's, that the examples in the README of the package in `folder` import. */
export function importsOf(folder: string): string[] {
  const code = snippetsOf(readmeOf(folder)).map((snippet) => snippet.code)
  const names = [...code.join('\n').matchAll(/ from '((?:@[^/']+\/)?[^/']+)/g)].map(([, name = '']) => name)
  return [...new Set(names)].filter((name) => !/^(node:|@pipe$|@pipe\/|\.)/.test(name))
}

/**
 * Does in `app` what the README of the installed package `name` says, and looks whether that prints what it promises.
 *
 * @returns the files it wrote
 */
export async function followReadme(app: string, name: string): Promise<string[]> {
  const files: string[] = []
  for (const snippet of snippetsOf(readmeOf(join(app, 'node_modules', name)))) {
    if (!snippet.runs) continue
    const file = `readme${name.replaceAll(/\W/g, '-')}.${snippet.line}.mts`
    writeFileSync(join(app, file), snippet.code)
    files.push(file)
    const text = unprinted(snippet, await shell('node', [file], { cwd: app, timeout: 30_000 }))
    if (text !== undefined) throw new Error(`${name}: its README promises "${text}", and nothing prints it`)
  }
  return files
}
