// Writes docs/api from the docstrings. Every exported name has one, every method too, and every property where users write it: in
// options and specs. Elsewhere a whole may speak for its parts.
import { join } from 'node:path'
import { Application, type DeclarationReflection, LogLevel, ReflectionKind } from 'typedoc'
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
  validation: { notDocumented: false, notExported: false, invalidLink: true },
})

const partsWithDocs = (whole: DeclarationReflection) =>
  (whole.children ?? []).filter(
    (part) =>
      !part.inheritedFrom &&
      !part.kindOf(ReflectionKind.Constructor) &&
      (!part.kindOf(ReflectionKind.Property) || /(Options|Spec)$/.test(whole.name)),
  )
const isDocumented = (one: DeclarationReflection) =>
  one.hasComment() || (one.getNonIndexSignatures() as { hasComment(): boolean }[]).some((each) => each.hasComment())

const problems: string[] = []
const project = await app.convert()
if (project) {
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    module.name = names.get(module.name) ?? module.name
    for (const exported of module.children ?? []) {
      if (exported.kindOf(ReflectionKind.Reference)) continue // another package's: it is told there
      for (const one of [exported, ...partsWithDocs(exported)])
        if (!isDocumented(one)) problems.push(`${one.getFullName()} has no docstring`)
    }
  }
  app.validate(project)
  await app.generateOutputs(project)
}
if (!project || app.logger.hasErrors() || app.logger.hasWarnings())
  problems.push('typedoc has complaints, listed above')
report('every exported name is documented; read docs/api/README.md', problems)
