import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { columnsOfPlace } from './place.ts'

/** Some rows of a file that follow each other, and where they are. */
export interface Batch {
  /** The first and the last row, as in `1001-2000`; the first row of a file is 1. */
  readonly rows: string
  /** Where in the file it begins and where the next one does, in bytes. */
  readonly from: number
  readonly to: number
  /** The line that the first row begins in; the first line of a file is 1. */
  readonly line: number
}

/** Where the rows of a file are. */
export interface Split {
  readonly columns: readonly string[]
  readonly batches: readonly Batch[]
}

const Row = z.object({
  record: z.array(z.string()),
  info: z.object({ bytes: z.number(), lines: z.number(), records: z.number() }),
})

/**
 * Finds out where the batches of a CSV file are, so that each can be read by itself. A row may go over several lines.
 *
 * @param size rows in a batch, from 1 up
 * @throws Error that names the file and what is wrong with it
 */
export async function splitFile(file: string, size: number, signal: AbortSignal): Promise<Split> {
  let columns: readonly string[] | undefined
  const batches: Batch[] = []
  let [from, line, first, last] = [0, 0, 1, 0]
  let [bytes, lines] = [0, 0]

  const endBatch = () => {
    if (last >= first) batches.push({ rows: `${first}-${last}`, from, to: bytes, line })
    ;[from, line, first] = [bytes, lines + 1, last + 1]
  }

  try {
    await pipeline(
      createReadStream(file, { signal }),
      parse({ bom: true, info: true, trim: true }),
      async (rows: AsyncIterable<unknown>) => {
        for await (const row of rows) {
          const { record, info } = Row.parse(row)
          ;({ bytes, lines } = info)
          if (columns === undefined) {
            columns = checkColumns(record)
            endBatch()
          } else if (++last - first + 1 === size) endBatch()
        }
      },
    )
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error
    throw new Error(`Cannot read ${file}: ${error.message}`, { cause: error })
  }
  endBatch()
  if (columns === undefined || batches.length === 0) throw new Error(`Cannot read ${file}: there is no row in it`)
  return { columns, batches }
}

function checkColumns(columns: readonly string[]): readonly string[] {
  const missing = columnsOfPlace.filter((name) => !columns.includes(name))
  if (missing.length > 0) throw new Error(`line 1: there is no column ${missing.join(', ')}`)
  return columns
}
