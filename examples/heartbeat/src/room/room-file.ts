import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Room } from './thermostat.ts'

const Saved = z.object({
  minute: z.number(),
  outside: z.number(),
  inside: z.number(),
  heating: z.boolean(),
  switched: z.number(),
}) satisfies z.ZodType<Room>

/** Keeps a room in a file, for the process that comes next. */
export interface RoomFile {
  /** `undefined` when there is none. Rejects when what there is is no room. */
  read(): Promise<Room | undefined>
  /** Writes it whole or not at all. Rejects when somebody else has written since it was last read or written here. */
  write(room: Room): Promise<void>
}

export function roomFileAt(path: string): RoomFile {
  const textOf = () =>
    readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    })
  /** What is there, as far as is known here. */
  let known: string | undefined
  return {
    read: async () => {
      const text = await textOf()
      known = text
      if (text === undefined) return undefined
      try {
        return Saved.parse(JSON.parse(text))
      } catch (cause) {
        throw new Error(`There is no room in ${path}: remove it to begin with a new one.`, { cause })
      }
    },
    write: async (room) => {
      await mkdir(dirname(path), { recursive: true })
      // A process that was suspended does not know yet that another one has taken over.
      const found = await textOf()
      if (found !== undefined && found !== known) throw new Error(`Another process has written ${path}.`)
      const text = `${JSON.stringify(room)}\n`
      await writeFileAtomic(path, text, { fsync: false })
      known = text
    },
  }
}
