// The history of runs that @pipe/sql writes: how many rows a second, beside the same rows written by hand, and what
// runs take longer because of it.
import { setTimeout } from 'node:timers/promises'
import { atMost, perSecond } from '../lib/bars.mjs'
import { compare } from '../lib/compare.mjs'
import { openDatabase, startServers } from '../lib/databases.mjs'
import { expect, increments, sum } from '../lib/work.mjs'
import { batch, oneByOne } from '../peers/hand-tracked.mjs'
import { chain, wide } from '../peers/tracked.mjs'

const databases = {
  sqlite: { called: 'SQLite (`node:sqlite`, WAL)', bar: perSecond(100_000) },
  'sqlite-journal': { called: 'SQLite (`node:sqlite`, rollback journal)' },
  'better-sqlite3': { called: 'SQLite (`better-sqlite3`, WAL)', bar: perSecond(100_000) },
  postgres: { called: 'PostgreSQL', bar: perSecond(50_000) },
  mariadb: { called: 'MariaDB' },
}

/** A run ends when its rows are written, or before. */
const tracked = Object.keys(databases).flatMap((name) => [`pipe:${name}`, `pipe:${name}:unawaited`])

export const cases = [
  ...Object.entries(databases).map(([database, { called, bar = [] }]) => ({
    name: `sql-${database}`,
    title: `rows of steps in ${called}`,
    unit: 'row',
    rate: true,
    config: { databases: [database] },
    limit: 'hand:batch',
    peers: ['pipe', 'hand:batch', 'hand:one-by-one'],
    bars: { pipe: bar },
    table: withServers,
  })),
  {
    name: 'sql-overhead',
    title: 'ten steps of 1 ms, one after the other, in 5 runs side by side',
    unit: '5 runs',
    config: { databases: Object.keys(databases), lanes: 5, steps: 10 },
    limit: 'pipe',
    peers: ['pipe', ...tracked],
    bars: Object.fromEntries(tracked.map((peer) => [peer, atMost(1.1, 'pipe', 'wall')])),
    table: withServers,
  },
]

/** {@link compare} while the servers run. */
async function withServers(scenario, test, options) {
  const { urls, stop } = await startServers(test.config.databases)
  try {
    return await compare(scenario, { ...test, config: { ...test.config, urls } }, options)
  } finally {
    await stop()
  }
}

export const prepare = (peer, config) => (config.lanes === undefined ? prepareRows : prepareLanes)(peer, config)

/** Steps in a run: those that are written one by one take long. */
const rowJobs = {
  pipe: { make: wide, steps: 999 },
  'hand:batch': { make: batch, steps: 1_000 },
  'hand:one-by-one': { make: oneByOne, steps: 100 },
}

async function prepareRows(peer, { databases: [kind], urls }) {
  const database = await openDatabase(kind, urls, `${kind} ${peer}`)
  const { make, steps } = rowJobs[peer]
  const run = await make(increments(steps), database)
  const units = peer === 'pipe' ? steps + 1 : steps
  let runs = 0
  return {
    units,
    run: () => {
      runs++
      return run(5)
    },
    async check(answer) {
      expect(answer, steps * 6, 'answer')
      const written = await database.rows(`SELECT COUNT(*) AS n FROM step_executions WHERE status = 'succeeded'`)
      expect(Number(written[0].n), runs * units, 'number of rows')
    },
  }
}

async function prepareLanes(peer, { lanes, steps, urls }) {
  const [, kind, unawaited] = peer.split(':')
  const database = kind && (await openDatabase(kind, urls, peer))
  const functions = increments(steps).map((fn) => (x) => setTimeout(1).then(() => fn(x)))
  const run = chain(functions, database, unawaited && { endWait: 0 })
  return {
    units: 1,
    run: () => Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane))),
    check: (answers) => expect(sum(answers), (lanes * (lanes - 1)) / 2 + lanes * steps, 'answer'),
  }
}
