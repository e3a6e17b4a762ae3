import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/**
 * Writes a file whole or not at all: to a temporary file beside it first, which then takes its name. The folder is made
 * when it is not there.
 *
 * @returns the absolute path of the file
 */
export async function writeWhole(folder: string, name: string, content: string): Promise<string> {
  const path = resolve(join(folder, name))
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(path, content)
  return path
}
