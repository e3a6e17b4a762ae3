// What every published package.json has in common, and the two export maps that must say the same.
import { isDeepStrictEqual } from 'node:util'
import { report } from './report.ts'
import { published, type Exports, type Manifest } from './workspace.ts'

const wanted: Partial<Manifest> = {
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22.12' },
}

/** The export map npm gets: without the condition that leads to our sources. */
function withoutSource(exports: Exports = {}): Exports {
  const result: Exports = {}
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') result[path] = target
    else {
      const { '@pipe/source': source, ...rest } = target
      result[path] = rest
    }
  }
  return result
}

function problemsOf(manifest: Manifest): string[] {
  const problems: string[] = []
  for (const key of Object.keys(wanted) as (keyof Manifest)[])
    if (!isDeepStrictEqual(manifest[key], wanted[key])) problems.push(`"${key}" must be ${JSON.stringify(wanted[key])}`)
  if (manifest.files?.[0] !== 'dist') problems.push('"files" must begin with "dist"')
  if (!manifest.description) problems.push('"description" is missing')
  if (manifest.publishConfig?.access !== 'public') problems.push('"publishConfig.access" must be "public"')
  if (!isDeepStrictEqual(manifest.publishConfig?.exports, withoutSource(manifest.exports)))
    problems.push('"publishConfig.exports" must be "exports" without "@pipe/source"')
  for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) {
    if (!name.startsWith('@pipe/')) continue
    if (!/^\^\d+\.\d+\.\d+$/.test(range))
      problems.push(`the peer ${name} must be a literal such as "^1.0.0", not "${range}"`)
    if (manifest.devDependencies?.[name] !== 'workspace:*')
      problems.push(`the peer ${name} must also be a dev dependency "workspace:*"`)
  }
  if (manifest.dependencies?.['@pipe/core'])
    problems.push('@pipe/core must be a peer: a second copy is a second kernel')
  return problems
}

const all = published(process.argv[2])
report(
  `${all.length} manifests agree`,
  all.flatMap(({ folder, manifest }) => problemsOf(manifest).map((problem) => `${folder}/package.json: ${problem}`)),
)
