import { stat } from 'node:fs/promises'

/** A file, and how to know that it is still the same. */
export interface Source {
  readonly file: string
  readonly bytes: number
  /** When it was last written, epoch ms. */
  readonly writtenAt: number
}

/** @throws Error when there is no such file */
export async function sourceOf(file: string): Promise<Source> {
  const { size: bytes, mtimeMs } = await stat(file)
  return { file, bytes, writtenAt: Math.floor(mtimeMs) }
}

/**
 * What was found out about a file holds only as long as nobody writes it, and an import may take days.
 *
 * @throws Error when it is not what it was
 */
export async function checkUnchanged({ file, bytes, writtenAt }: Source): Promise<void> {
  const now = await sourceOf(file)
  if (now.bytes !== bytes || now.writtenAt !== writtenAt) {
    throw new Error(`${file} was changed while it was imported. Import it again, with another --id.`)
  }
}
