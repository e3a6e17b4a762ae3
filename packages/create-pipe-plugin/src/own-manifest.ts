import { readFile } from 'node:fs/promises'
import type { Versions } from './template.ts'

/** What is read of the package.json of this package. */
export interface OwnManifest {
  readonly version: string
  /** What the template is tested with. Packing turns the versions of the workspace into those that npm has. */
  readonly devDependencies: Versions
}

/** Read when it is needed, and not built in: only when the package is packed does it say what was published. */
export async function readOwnManifest(): Promise<OwnManifest> {
  return JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as OwnManifest
}
