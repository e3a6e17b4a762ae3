import { pipeline } from '@pipe/core'
import { z } from 'zod'
import { Airports } from './airports/airports.ts'
import { Pace } from './pace.ts'
import { Places } from './places/database.ts'
import { readBatch } from './places/read-batch.ts'
import { sourceOf } from './places/source.ts'
import { splitFile } from './places/split.ts'
import { toReport, writeReport } from './report.ts'

const Input = z.object({
  /** The CSV file to read. */
  file: z.string().min(1),
  /** The file to write the report to. */
  report: z.string().min(1),
})

/** Imports a CSV file of places, batch by batch, and says what there is now. */
export const importPlaces = pipeline('import-places', { input: Input, version: '1' }, (p, input) => {
  const split = p.step('split', {
    uses: { places: Places },
    run: async ({ input }, { signal }) => {
      const source = await sourceOf(input.file)
      return { source, ...(await splitFile(input.file, 1_000, signal)) }
    },
    // Of the whole import, also of a batch that was written and not recorded, since the process died in between.
    undo: (_, { use, runId, fence = 0 }) => use.places.forget({ runId, fence }),
  })

  const imported = p.map('import', {
    needs: { split },
    over: ({ split: { batches, ...file } }) => batches.map((batch) => ({ ...file, batch })),
    key: ({ batch }) => batch.rows,
    concurrency: 4,
    uses: { places: Places, pace: Pace },
    run: async ({ source, columns, batch }, { use, signal, idempotencyKey, runId, fence = 0 }) => {
      await use.pace(signal)
      const { places, rejected } = await readBatch(source, columns, batch, signal)
      // The key is the same in every process, so a batch that was written and not recorded is not written again.
      use.places.put({ runId, fence }, idempotencyKey, places)
      return { imported: places.length, rejected }
    },
  })

  const states = p.step('states', {
    after: [imported],
    uses: { places: Places },
    run: (_, { use }) => use.places.states(),
  })

  const airports = p.map('airports', {
    needs: { states },
    over: ({ states }) => states.map(({ state }) => state),
    key: (state) => state,
    concurrency: 6,
    uses: { airports: Airports },
    retry: { maxAttempts: 8, initialDelay: '200ms' },
    run: (state, { use, signal }) => use.airports.count(state, signal),
  })

  const report = p.step('report', { needs: { input, imported, states, airports }, run: toReport })

  const file = p.step('write', {
    needs: { input, report },
    run: ({ input, report }) => writeReport(input.report, report),
  })

  return { report, file }
})
