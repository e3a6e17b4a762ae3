// The public API of every package as a file to review: packages/<name>/api.md. `--update` rewrites them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { report } from './report.ts'
import { entries, published, type Package } from './workspace.ts'

const temporary = mkdtempSync(join(tmpdir(), 'pipe-api-'))

function extract({ path }: Package, name: string, declarations: string): string {
  const file = join(path, declarations)
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(path, 'package.json'),
    configObject: {
      projectFolder: path,
      mainEntryPointFilePath: file,
      compiler: {
        overrideTsconfig: {
          extends: join(import.meta.dirname, '../tsconfig.base.json'),
          compilerOptions: { customConditions: ['types'] },
          files: [file],
          include: [],
        },
      },
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFileName: basename(name),
        reportFolder: temporary,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        extractorMessageReporting: { 'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
  Extractor.invoke(config, { localBuild: true, messageCallback: (message) => (message.handled = true) })
  const [, code = ''] = readFileSync(join(temporary, `${basename(name)}.api.md`), 'utf8').split(/^```(?:ts)?$/m)
  return code
    .replace(/^\/\/ @public\n/gm, '')
    .replace(/\/\/ \(No @packageDocumentation.*\n/, '')
    .trim()
}

const problems: string[] = []
const all = published()
for (const one of all) {
  const sections = Object.entries(entries(one, 'types')).map(
    ([name, file]) => `## \`${name}\`\n\n\`\`\`ts\n${extract(one, name, file)}\n\`\`\`\n`,
  )
  const now = `# The public API of ${one.manifest.name}\n\nWritten by \`pnpm api:update\`: review what changes here as users will meet it.\n\n${sections.join('\n')}`
  const file = join(one.path, 'api.md')
  if (process.argv.includes('--update')) writeFileSync(file, now)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== now)
    problems.push(`${one.folder}/api.md is not what the package exports. If you meant it: pnpm api:update`)
}
rmSync(temporary, { recursive: true })
report(`${all.length} API reports are up to date`, problems)
