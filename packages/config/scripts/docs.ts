// Writes docs/api from the docstrings; fails when an exported name, or a part of one, has none or links nowhere.
import { join } from 'node:path'
import { Application, LogLevel, ReflectionKind } from 'typedoc'
import { report } from './report.ts'
import { entries, published, root } from './workspace.ts'

const files = published().flatMap((one) =>
  Object.entries(entries(one, '@pipe/source')).map(([name, file]) => ({ name, file: join(one.folder, file) })),
)
/** What typedoc calls a module (its path) → what users call it. */
const names = new Map(files.map(({ name, file }) => [file.replace(/(\/index)?\.ts$/, ''), name]))
const app = await Application.bootstrapWithPlugins({
  entryPoints: files.map(({ file }) => join(root, file)),
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
  packagesRequiringDocumentation: published().map(({ manifest }) => manifest.name),
  validation: { notDocumented: true, notExported: false, invalidLink: true },
})
const problems: string[] = []
const project = await app.convert()
if (project) {
  for (const module of project.getChildrenByKind(ReflectionKind.Module))
    module.name = names.get(module.name) ?? module.name
  app.validate(project)
  await app.generateOutputs(project)
}
if (!project || app.logger.hasErrors() || app.logger.hasWarnings())
  problems.push('docs/api has errors or gaps, listed above')
report('every exported name is documented; read docs/api/README.md', problems)
