import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Sequence } from './assemble.ts'

/**
 * Writes `sequence.json`, whole or not at all, to a folder, which is made when it is not there.
 *
 * @returns the absolute path of the file
 */
export async function writeSequence(folder: string, sequence: Sequence): Promise<string> {
  const path = resolve(join(folder, 'sequence.json'))
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(path, `${JSON.stringify(sequence, null, 2)}\n`)
  return path
}
