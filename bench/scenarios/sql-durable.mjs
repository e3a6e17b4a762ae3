// What a step of a durable run takes whose store is a SQL server, beside one INSERT of the same row through the same client.
import { sqlStore } from '@pipe/sql'
import { openDatabase, startServers } from '../lib/databases.mjs'
import { digits } from '../lib/format.mjs'
import { verdicts } from '../lib/measured.mjs'
import { expect, increments } from '../lib/work.mjs'
import { chain, wide } from '../peers/pipe-durable.mjs'

const ROUNDS = 25
const STEPS = 100
const value = JSON.stringify({ status: 'succeeded', output: 'x'.repeat(100) })
const bar = { text: '≤ 1.5× an INSERT', met: (ratio) => ratio <= 1.5 }

export const cases = [
  {
    name: 'sql-durable',
    title: 'what a step of a durable run takes: 100 of them one after the other, 1,000 side by side',
    table: async (_, { title }) => {
      const rows = []
      for (const kind of ['postgres', 'mariadb']) rows.push(...(await rowsOf(kind)))
      return { title, columns: ['wall per step, one by one', '× INSERT', 'wall per step, side by side'], rows }
    },
  },
]

async function rowsOf(kind) {
  const { urls, stop } = await startServers([kind])
  try {
    const { db, rows } = await openDatabase(kind, urls, `durable ${kind}`)
    const store = sqlStore({ db })
    await store.open()
    await rows('CREATE TABLE bare (run VARCHAR(64), step VARCHAR(64), value TEXT, at BIGINT, PRIMARY KEY (run, step))')
    const runs = [
      { run: chain(increments(STEPS), store), steps: STEPS, answer: 5 + STEPS, took: [] },
      { run: wide(increments(STEPS * 10), store), steps: STEPS * 10, answer: STEPS * 60, took: [] },
    ]
    const trips = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const { run, steps, answer, took } of runs) {
        const start = performance.now()
        expect(await run(5), answer, 'answer')
        took.push(((performance.now() - start) * 1000) / steps)
      }
      const start = performance.now()
      for (let i = 0; i < STEPS; i++) await inserts[kind](db, `run-${round}`, `step-${i}`)
      trips.push(((performance.now() - start) * 1000) / STEPS)
    }
    await store.close()
    await db.end()
    const [one, all] = runs.map(({ took }) => median(took))
    const trip = median(trips)
    const ratio = one / trip
    return [
      {
        name: `pipe:${kind}`,
        cells: [`${digits(one)} µs`, `${digits(ratio)}×`, `${digits(all)} µs`],
        ...(kind === 'postgres' && { bars: verdicts(bar, ratio) }),
      },
      { name: `INSERT:${kind}`, cells: [`${digits(trip)} µs`, '1.00×', ''] },
    ]
  } finally {
    await stop()
  }
}

const inserts = {
  postgres: (db, run, step) =>
    db.query({
      name: 'bare',
      text: 'INSERT INTO bare VALUES ($1, $2, $3, $4)',
      values: [run, step, value, Date.now()],
    }),
  mariadb: (db, run, step) => db.execute('INSERT INTO bare VALUES (?, ?, ?, ?)', [run, step, value, Date.now()]),
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
