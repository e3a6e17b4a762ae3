import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { Day } from './day.ts'

const Row = z.object({ record: z.unknown(), info: z.object({ lines: z.number() }) })

/**
 * The days in a CSV file, read as a stream: a row is parsed and checked while the next ones are still on the disk.
 *
 * @param progress is told now and then how many days there are so far
 * @throws Error that names the file, the line and what is wrong with it
 */
export async function readDays(file: string, signal: AbortSignal, progress: (days: number) => void): Promise<Day[]> {
  const days: Day[] = []
  const csv = parse({ bom: true, columns: true, info: true, trim: true })
  try {
    await pipeline(createReadStream(file, { signal }), csv, async (rows: AsyncIterable<unknown>) => {
      for await (const row of rows) {
        const { record, info } = Row.parse(row)
        const day = Day.safeParse(record)
        if (!day.success) throw new Error(`line ${info.lines}: ${explain(day.error)}`)
        if (days.push(day.data) % 500 === 0) progress(days.length)
      }
    })
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error
    throw new Error(`Cannot read ${file}: ${error.message}`, { cause: error })
  }
  if (days.length === 0) throw new Error(`Cannot read ${file}: there is no day in it`)
  return days
}

const explain = ({ issues }: z.ZodError) =>
  issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
