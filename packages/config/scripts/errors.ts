// docs/errors.md, written from the tables of codes in the packages. `--check` compares instead, and looks for codes in the pages that do not exist.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { report } from './report.ts'
import { root } from './workspace.ts'

/** The table of a package, by its path, not by its name: those packages depend on this one. */
const tableOf = async (path: string): Promise<[code: string, meaning: string][]> => {
  const { errorCodes } = (await import(pathToFileURL(join(root, path)).href)) as {
    readonly errorCodes: Readonly<Record<string, string>>
  }
  return Object.entries(errorCodes)
}

const paths = globSync('{packages,plugins}/*/src/codes.ts', { cwd: root }).sort()
const tables = await Promise.all(paths.map(async (path) => ({ path, codes: await tableOf(path) })))
const known = new Set(tables.flatMap(({ codes }) => codes.map(([code]) => code)))

const parts = tables.map(({ path, codes }) => {
  const owner = `## @pipe/${path.split('/')[1]}`
  return [owner, ...codes.map(([code, meaning]) => `### ${code}\n\n${meaning}`)].join('\n\n')
})
const page = `# Errors

Written by \`node packages/config/scripts/errors.ts\` from the tables \`src/codes.ts\` of the packages: change those.

What Pipe itself throws, and all that a run rejects with, is a \`PipelineError\`. (Only \`pipe.close()\` rejects with an \`AggregateError\`: several
plugins may fail to close.) Its \`code\` is one of these, and does not change; its message says what happened, to which one, and what to do.
How to catch them: [guides/errors-and-exit-codes.md](guides/errors-and-exit-codes.md).

${parts.join('\n\n')}\n`

const file = join(root, 'docs/errors.md')
if (process.argv.includes('--check')) {
  const fresh = existsSync(file) && readFileSync(file, 'utf8') === page
  // A word like a code is one there.
  const pages = globSync(['README.md', 'packages/core/README.md', 'docs/*.md', 'docs/guides/*.md'], { cwd: root })
  const unknown = pages.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)]
      .map(([, code = '']) => code)
      .filter((code) => !known.has(code))
      .map((code) => `${name} speaks of ${code}, which is no code`),
  )
  report(`${known.size} codes are documented`, [
    ...(fresh ? [] : ['docs/errors.md is not what the tables say: node packages/config/scripts/errors.ts']),
    ...unknown,
  ])
} else writeFileSync(file, page)
