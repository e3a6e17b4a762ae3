// Writes docs/api from the docstrings; fails when an exported name, or a part of one, has none or links nowhere.
import { join } from 'node:path'
import { Application, LogLevel } from 'typedoc'
import { report } from './report.ts'
import { entries, published, root } from './workspace.ts'

const app = await Application.bootstrapWithPlugins({
  entryPoints: published().flatMap((one) =>
    Object.values(entries(one, '@pipe/source')).map((file) => join(one.path, file)),
  ),
  tsconfig: join(import.meta.dirname, '../tsconfig.docs.json'),
  basePath: root,
  plugin: ['typedoc-plugin-markdown'],
  out: join(root, 'docs/api'),
  readme: 'none',
  name: 'Pipe API',
  githubPages: false,
  disableSources: true,
  excludeInternal: true,
  logLevel: LogLevel.Warn,
  validation: { notDocumented: true, notExported: false, invalidLink: true },
})
const problems: string[] = []
const project = await app.convert()
if (project) {
  app.validate(project)
  await app.generateOutputs(project)
}
if (!project || app.logger.hasErrors() || app.logger.hasWarnings())
  problems.push('docs/api has errors or gaps, listed above')
report('every exported name is documented; read docs/api/README.md', problems)
