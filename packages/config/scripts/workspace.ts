import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, '../../..')

type Versions = Record<string, string>

/** An export map: a path to a file, or to a file a condition. */
export type Exports = Record<string, Record<string, string> | string>

/** What the scripts read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly type?: string
  readonly license?: string
  readonly description?: string
  readonly sideEffects?: boolean | string[]
  readonly files?: string[]
  readonly engines?: Versions
  readonly exports?: Exports
  readonly publishConfig?: { access?: string; exports?: Exports }
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly peerDependencies?: Versions
}

/** A package of the workspace. */
export interface Package {
  /** From the root, as in `plugins/retry`. */
  readonly folder: string
  /** Absolute. */
  readonly path: string
  readonly manifest: Manifest
}

/** Every package, in the order of their folders. `at` is another checkout than this one. */
export function packages(at = root): Package[] {
  return globSync('{packages,plugins,examples}/*/package.json', { cwd: at })
    .sort()
    .map((file) => ({
      folder: dirname(file),
      path: join(at, dirname(file)),
      manifest: JSON.parse(readFileSync(join(at, file), 'utf8')) as Manifest,
    }))
}

/** The packages that npm gets. */
export const published = (at = root): Package[] => packages(at).filter(({ manifest }) => !manifest.private)

/** The packages that say which major of core they are for: plugins in their peer range, others in what they write. */
export const madeForCore = (at = root): Package[] =>
  published(at).filter(({ manifest }) => manifest.devDependencies?.['@pipe/core'])

/** The names a user can import from a package, with the file each stands for: `{ '@pipe/core': 'dist/index.d.ts' }`. */
export function entries({ manifest }: Package, condition: '@pipe/source' | 'types'): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [path, target] of Object.entries(manifest.exports ?? {})) {
    const file = typeof target === 'string' ? undefined : target[condition]
    if (file) found[manifest.name + path.slice(1)] = file
  }
  return found
}
