import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { Place } from './place.ts'
import { checkUnchanged, type Source } from './source.ts'
import type { Batch } from './split.ts'

/** A row that is no place, and why. */
export interface Rejected {
  /** The line that it ends in; the first line of the file is 1. */
  readonly line: number
  readonly problem: string
}

const Row = z.object({ record: z.unknown(), info: z.object({ lines: z.number() }) })

/**
 * Reads one batch of a CSV file, and nothing else of it.
 *
 * @throws Error when the file was changed since it was split
 */
export async function readBatch(
  source: Source,
  columns: readonly string[],
  { from, to, line }: Batch,
  signal: AbortSignal,
): Promise<{ places: Place[]; rejected: Rejected[] }> {
  await checkUnchanged(source)
  const places: Place[] = []
  const rejected: Rejected[] = []
  await pipeline(
    createReadStream(source.file, { start: from, end: to - 1, signal }),
    parse({ columns: [...columns], info: true, trim: true }),
    async (rows: AsyncIterable<unknown>) => {
      for await (const row of rows) {
        const { record, info } = Row.parse(row)
        const place = Place.safeParse(record)
        if (place.success) places.push(place.data)
        else rejected.push({ line: line + info.lines - 1, problem: explain(place.error) })
      }
    },
  )
  return { places, rejected }
}

const explain = ({ issues }: z.ZodError) =>
  issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
