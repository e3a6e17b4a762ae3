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
  /** Writes it whole or not at all. */
  write(room: Room): Promise<void>
}

export function roomFileAt(path: string): RoomFile {
  return {
    read: async () => {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      })
      if (text === undefined) return undefined
      try {
        return Saved.parse(JSON.parse(text))
      } catch (cause) {
        throw new Error(`There is no room in ${path}: remove it to begin with a new one.`, { cause })
      }
    },
    write: async (room) => {
      await mkdir(dirname(path), { recursive: true })
      await writeFileAtomic(path, `${JSON.stringify(room)}\n`, { fsync: false })
    },
  }
}
