import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { rollup, mean } from 'd3-array'
import { z } from 'zod'

const Hour = z.object({ date: z.iso.datetime({ local: true }), temperature: z.coerce.number() })

/** Mean temperature by month (1 to 12) of a file with the normal temperature of every hour of a year. */
export async function normalsByMonth(file: string | URL): Promise<ReadonlyMap<number, number>> {
  const hours = z.array(Hour).parse(parse(await readFile(file), { columns: true }))
  return rollup(
    hours,
    (ofMonth) => mean(ofMonth, ({ temperature }) => temperature)!,
    ({ date }) => Number(date.slice(5, 7)),
  )
}
