import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { run } from './program.ts'

/** A batch, as the database knows it. */
const Batch = z.object({ key: z.string(), places: z.number(), calls: z.number() })

const rowsOf = (folder: string, sql: string): unknown[] => {
  const db = new DatabaseSync(join(folder, 'places.db'), { readOnly: true })
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}

/** The table of places, but for the run that they came with. */
export const placesIn = (folder: string): unknown[] =>
  rowsOf(folder, 'SELECT zip, latitude, longitude, city, state, county FROM places ORDER BY zip')

/** What was written of batches, and how often somebody tried to, by rows: `1-1000`. */
export const callsIn = (folder: string): Map<string, number> =>
  new Map(
    z
      .array(Batch)
      .parse(rowsOf(folder, 'SELECT key, places, calls FROM batches'))
      .map(({ key, calls }) => [/\[(.+)\]$/.exec(key)?.[1] ?? key, calls]),
  )

export const reportIn = (folder: string, id = 'places'): string => readFileSync(join(folder, `${id}.json`), 'utf8')

const Shown = z.object({
  state: z.string(),
  crashes: z.number(),
  steps: z.array(
    z.object({ path: z.string(), status: z.string(), attempts: z.number(), retryAt: z.number().optional() }),
  ),
})

/** What the command `show` says of an import. */
export async function shown(folder: string, env?: NodeJS.ProcessEnv, id = 'places') {
  const { stdout } = await run(['show', id, '--json', '--dir', folder], env)
  const { steps, ...rest } = Shown.parse(JSON.parse(stdout))
  return { ...rest, steps: new Map(steps.map(({ path, ...step }) => [path, step])) }
}

/** The rows of the batches that a program said it has imported, or restored. */
export const batchesSaid = (stderr: string, what: 'done' | 'restored'): string[] =>
  [...stderr.matchAll(/✔ import\[([\d-]+)\] (restored)?/g)]
    .filter(([, , restored]) => (restored === undefined) === (what === 'done'))
    .map(([, rows]) => rows!)
