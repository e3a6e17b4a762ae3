// docs/errors.md, written from the table of codes in core. `--check` compares instead, and looks for codes in the pages about core that do not exist.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { report } from './report.ts'
import { root } from './workspace.ts'

// By its path, not by its name: core depends on this package, so this package cannot depend on core.
const table = pathToFileURL(join(root, 'packages/core/src/codes.ts')).href
const { errorCodes } = (await import(table)) as { readonly errorCodes: Readonly<Record<string, string>> }

const sections = Object.entries(errorCodes).map(([code, meaning]) => `## ${code}\n\n${meaning}\n`)
const page = `# Errors

Written by \`node packages/config/scripts/errors.ts\` from the table in \`packages/core/src/codes.ts\`: change that one.

What Pipe itself throws, and all that a run rejects with, is a \`PipelineError\`. (Only \`pipe.close()\` rejects with an \`AggregateError\`: several
plugins may fail to close.) Its \`code\` is one of these, and does not change; its message says what happened, to which one, and what to do.
How to catch them: [guides/errors-and-exit-codes.md](guides/errors-and-exit-codes.md).

${sections.join('\n')}`

const file = join(root, 'docs/errors.md')
if (process.argv.includes('--check')) {
  const fresh = existsSync(file) && readFileSync(file, 'utf8') === page
  // Pages about core: a word like a code is one there.
  const pages = globSync(['README.md', 'packages/core/README.md', 'docs/*.md', 'docs/guides/*.md'], { cwd: root })
  const unknown = pages.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)]
      .map(([, code = '']) => code)
      .filter((code) => !Object.hasOwn(errorCodes, code))
      .map((code) => `${name} speaks of ${code}, which is no code of core`),
  )
  report(`${sections.length} codes are documented`, [
    ...(fresh ? [] : ['docs/errors.md is not what codes.ts says: node packages/config/scripts/errors.ts']),
    ...unknown,
  ])
} else writeFileSync(file, page)
