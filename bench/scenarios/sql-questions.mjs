// What questions to a history of 1,000,000 steps take. The history is written by the tracker, as a year of runs would be.
import { setTimeout } from 'node:timers/promises'
import { createPipe, pipeline, systemClock } from '@pipe/core'
import { historyIn, tracker } from '@pipe/sql'
import { openDatabase, startServers } from '../lib/databases.mjs'
import { time } from '../lib/format.mjs'

const RUNS = 1_000
const STEPS = 1_000
const ROUNDS = 5
const HOUR = 3_600_000
/** A run each 10 minutes, a week of them. */
const EVERY = HOUR / 6
const BEGAN = Date.UTC(2026, 0, 1)
const kinds = { sqlite: 'SQLite', postgres: 'PostgreSQL', mariadb: 'MariaDB' }

/** Each with the history, and an id of a run in the middle of it. */
const questions = {
  'run(id)': (history, id) => history.run(id),
  'runs(): the last 50': (history) => history.runs({ limit: 50 }),
  "runs({ statuses: ['failed'] }): the last 50": (history) => history.runs({ statuses: ['failed'], limit: 50 }),
  'steps(id): 100 of 1,000': (history, id) => history.steps(id, { limit: 100 }),
  'timeline(id): all 1,000': (history, id) => history.timeline(id),
  'compare(id, other): 1,000 each': (history, id) => history.compare(id, idOf(RUNS / 2 + 1)),
  'statistics(): of all runs': (history) => history.statistics(),
  'stepStatistics(): of an hour': (history) => history.stepStatistics(hour),
  'stepStatistics(): of 1,000,000 steps': (history) => history.stepStatistics(),
  'slowest(): of an hour': (history) => history.slowest({ ...hour, limit: 20 }),
  'failures(): of all runs': (history) => history.failures(),
}
const hour = { since: BEGAN + 100 * HOUR, until: BEGAN + 101 * HOUR }
const idOf = (run) => `run-${run}`

export const cases = [
  {
    name: 'sql-questions',
    title: 'what questions take, with 1,000 runs of 1,000 steps',
    table: async (_, { title }) => {
      const columns = []
      for (const kind of Object.keys(kinds)) columns.push(await answersOf(kind))
      const rows = Object.keys(questions).map((name, i) => ({
        name: `\`${name}\``,
        cells: columns.map((all) => all[i]),
      }))
      return { title, columns: Object.values(kinds), rows }
    },
  },
]

/** Medians, a question a cell. */
async function answersOf(kind) {
  const { urls, stop } = await startServers([kind])
  try {
    const database = await openDatabase(kind, urls, `questions ${kind}`)
    await fill(database)
    const history = historyIn({ db: database.db })
    const cells = []
    for (const ask of Object.values(questions)) {
      const took = []
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now()
        const answer = await ask(history, idOf(RUNS / 2))
        took.push(performance.now() - start)
        if (answer === undefined || answer.length === 0 || answer.items?.length === 0)
          throw new Error(`no answer: ${ask}`)
      }
      cells.push(time(took.sort((a, b) => a - b)[ROUNDS >> 1] * 1000))
    }
    await database.db.end?.()
    return cells
  } finally {
    await stop()
  }
}

/** Runs of ten pipelines; one in twenty fails. */
async function fill({ db, dialect, rows }) {
  let began = BEGAN
  const clock = { ...systemClock, now: () => began }
  const tracked = tracker({ db, endWait: 0, closeWait: '10m', maxRows: 1_000_000 })
  const pipe = createPipe({ clock, plugins: [tracked] })
  const pipelines = Array.from({ length: 10 }, (_, k) =>
    pipeline(`pipeline-${k}`, (p) => {
      const steps = Array.from({ length: STEPS - 1 }, (_, i) => p.step(`s${i}`, { run: () => i }))
      return p.step('end', {
        needs: steps,
        run: (_, { runId }) => {
          if (runId.endsWith('7') && Number(runId.at(-2)) % 2 === 0) throw new TypeError(`no ${k}`)
          return k
        },
      })
    }),
  )
  for (let run = 1; run <= RUNS; run++) {
    await pipe.start(pipelines[run % pipelines.length], undefined, { id: idOf(run) }).result
    began += EVERY
    while (tracked.health().waiting > 20 * STEPS) await setTimeout(20)
  }
  await pipe.close()
  const [{ n }] = await rows('SELECT COUNT(*) AS n FROM step_executions')
  if (Number(n) !== RUNS * STEPS) throw new Error(`there are ${n} rows`)
  // As the housekeeping of each does by itself after a while.
  if (dialect !== 'mysql') await rows('ANALYZE')
}
