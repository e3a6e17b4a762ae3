import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CreateError } from './create-error.ts'
import type { TemplateFile } from './template.ts'

/**
 * Writes a folder with `files`: all of them, or nothing. They are written elsewhere on the same disk and moved when they
 * are complete. The folder may exist when it is empty, or holds nothing but `.git`.
 *
 * @param folder absolute
 * @param signal ends it; nothing is left
 * @throws CreateError `FOLDER_TAKEN`; the error of the file system; the reason of `signal`
 */
export async function writeFolder(folder: string, files: readonly TemplateFile[], signal: AbortSignal): Promise<void> {
  const isThere = await isEmptyFolder(folder)
  const parent = dirname(folder)
  const moved: string[] = []
  let made: string | undefined
  let workshop: string | undefined
  try {
    if (!isThere) made = await mkdir(parent, { recursive: true })
    // Inside of a folder that is there: it may be a disk of its own, or somebody's working folder, so it stays the same one.
    workshop = await mkdtemp(join(isThere ? folder : parent, `.${basename(folder)}-`))
    const whole = join(workshop, 'whole')
    for (const { path, text } of files) {
      signal.throwIfAborted()
      await mkdir(dirname(join(whole, path)), { recursive: true })
      await writeFile(join(whole, path), text)
    }
    signal.throwIfAborted()
    if (!isThere) await rename(whole, folder)
    else {
      for (const entry of await readdir(whole)) {
        await rename(join(whole, entry), join(folder, entry))
        moved.push(join(folder, entry))
      }
    }
  } catch (error) {
    for (const path of [...moved, ...(workshop === undefined ? [] : [workshop])]) await rm(path, { recursive: true })
    if (made !== undefined) await removeEmpty(parent, made)
    throw error
  }
  await rm(workshop, { recursive: true })
}

/** Whether the folder is there; a folder with something in it is an error. */
async function isEmptyFolder(folder: string): Promise<boolean> {
  try {
    const entries = await readdir(folder)
    if (entries.some((entry) => entry !== '.git'))
      throw new CreateError('FOLDER_TAKEN', `The folder ${folder} is not empty: choose another one with --dir.`)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return false
    if (code === 'ENOTDIR') throw new CreateError('FOLDER_TAKEN', `${folder} is a file: choose a folder with --dir.`)
    throw error
  }
}

/** Removes `folder` and the folders around it up to `last`, as far as they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let path = folder; path.length >= last.length; path = dirname(path)) await rmdir(path)
  } catch {
    // Somebody else uses it by now.
  }
}
