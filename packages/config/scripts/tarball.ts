import { shell } from './shell.ts'

/** Packs the package in `path` as it would be published and returns the tarball, which is in `folder`. */
export async function pack(path: string, folder: string): Promise<string> {
  const output = await shell('pnpm', ['pack', '--pack-destination', folder], { cwd: path })
  const tarball = /\S+\.tgz/.exec(output)?.[0]
  if (!tarball) throw new Error(`pnpm pack in ${path} names no tarball:\n${output}`)
  return tarball
}
