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
const unawaited = tracked.filter((peer) => peer.endsWith(':unawaited'))

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
  overhead('sql-overhead', 1, atMost(1.1, 'pipe', 'wall')),
  overhead('sql-overhead-5', 5),
]

/** Runs of steps that wait, so many side by side; with one, what is written takes no time from another. */
function overhead(name, lanes, bar) {
  return {
    name,
    title: `ten steps of 1 ms, one after the other, in ${lanes === 1 ? 'a run' : `${lanes} runs side by side`}`,
    unit: lanes === 1 ? 'run' : `${lanes} runs`,
    config: { databases: Object.keys(databases), lanes, steps: 10 },
    limit: 'pipe',
    peers: ['pipe', ...tracked],
    bars: bar === undefined ? {} : Object.fromEntries(unawaited.map((peer) => [peer, bar])),
    table: withServers,
  }
}

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

/** So many runs go on side by side: while the server writes rows of one, others work. */
const AT_ONCE = 4

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
  const rows = peer === 'pipe' ? steps + 1 : steps
  let runs = 0
  return {
    units: rows * AT_ONCE,
    run: () => {
      runs += AT_ONCE
      return Promise.all(Array.from({ length: AT_ONCE }, () => run(5)))
    },
    async check(answers) {
      expect(sum(answers), steps * 6 * AT_ONCE, 'answer')
      const written = await database.rows(`SELECT COUNT(*) AS n FROM step_executions WHERE status = 'succeeded'`)
      expect(Number(written[0].n), runs * rows, 'number of rows')
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
