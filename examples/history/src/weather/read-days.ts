import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { Day } from './day.ts'

const Rows = z.array(z.object({ record: z.unknown(), info: z.object({ lines: z.number() }) }))

/** A file that cannot be read as days: which line, and why. */
class BadFileError extends Error {
  override readonly name = 'BadFileError'
}

/**
 * The days in a CSV file.
 *
 * @throws BadFileError for a row that is no day
 */
export async function readDays(file: string, signal: AbortSignal): Promise<Day[]> {
  const text = await readFile(file, { encoding: 'utf8', signal })
  return Rows.parse(parse(text, { columns: true, info: true, trim: true })).map(({ record, info }) => {
    const day = Day.safeParse(record)
    if (day.success) return day.data
    const problems = day.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new BadFileError(`line ${info.lines}: ${problems.join('; ')}`)
  })
}
