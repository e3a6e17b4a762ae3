import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { killAfterwards } from '@pipe/config/servers/afterwards'
import { describe, expect, it } from 'vitest'
import { driverOf } from '../../src/database.ts'
import { type Database, migrate } from '../../src/index.ts'
import { shared, type TestDatabase } from '../support/databases.ts'
import { historyOf } from '../support/rows-of.ts'

/** What a process says: that an item ended, at a time; that a run did; that all is written. */
interface Said {
  readonly runId?: string
  readonly stepId?: string
  readonly at?: number
  readonly closed?: boolean
}

const EVERY = 100

const script = new URL('../support/tracking.ts', import.meta.url).pathname

function start(
  { location }: TestDatabase,
  items = 50,
): {
  child: ChildProcess
  said: Said[]
  until: (count: number) => Promise<void>
} {
  const options = ['--conditions=@pipe/source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...options, script, location, String(EVERY), String(items)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  killAfterwards(child)
  const said: Said[] = []
  let rest = ''
  let heard = () => undefined as unknown
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop()!
    said.push(...lines.map((line) => JSON.parse(line) as Said))
    heard()
  })
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      heard = () => said.length >= count && resolve()
      heard()
    })
  return { child, said, until }
}

/** Which items of which runs the database has. */
async function writtenTo(db: Database): Promise<Set<string>> {
  const sql = `SELECT run_id, path FROM step_executions WHERE status = 'succeeded'`
  const { rows } = await driverOf(db, 'a test').read({ sql, parameters: [] })
  return new Set(rows.map(({ run_id, path }) => `${run_id} ${path}`))
}

describe.each(shared)('a process that tracks on %s', (_, make) => {
  it('loses nothing when it is asked to end', async () => {
    const database = await make()
    const { child, said, until } = start(database)
    await until(120)
    child.kill('SIGTERM')
    await once(child, 'close')
    expect(said.at(-1)).toEqual({ closed: true })
    const ended = said.filter(({ runId, stepId }) => runId !== undefined && stepId === undefined)
    const { runs } = await historyOf(database.db)
    expect(runs.map(({ run_id, status }) => [run_id, status])).toEqual(ended.map(({ runId }) => [runId, 'succeeded']))
    for (const { runId } of ended) expect(Object.keys((await historyOf(database.db, runId)).steps)).toHaveLength(51)
    await database.remove()
  })

  /** What a process had said when it was killed, once it had said so much, and which of the items are not in the database. */
  const killed = async (database: TestDatabase, count: number, items: number) => {
    // Which of the two makes the tables does not matter here.
    await migrate({ db: database.db })
    const { child, said, until } = start(database, items)
    await until(count)
    child.kill('SIGKILL')
    await once(child, 'close')
    const written = await writtenTo(database.db)
    const lost = said.filter(({ runId, stepId }) => stepId !== undefined && !written.has(`${runId} ${stepId}`))
    return { said, lost }
  }

  it('has runs that have ended as a whole, when it is killed', async () => {
    const database = await make()
    const { said, lost } = await killed(database, 180, 50)
    for (const { runId } of said.filter(({ stepId }) => stepId === undefined))
      expect(Object.keys((await historyOf(database.db, runId)).steps)).toHaveLength(51)
    const last = said.findLast(({ runId }) => runId !== undefined)!.runId
    expect(lost.every(({ runId }) => runId === last)).toBe(true)
    await database.remove()
  })

  it('has all but the last moments of a run that goes on, when it is killed', async () => {
    const database = await make()
    // So few that they are not written because they are many.
    const { said, lost } = await killed(database, 450, 100_000)
    const times = said.map(({ at }) => at!)
    const killedAt = Math.max(...times)
    expect(killedAt - Math.min(...times)).toBeGreaterThan(700)
    // 100 ms, and what was being written: on a machine that does other things too.
    for (const { at } of lost) expect(killedAt - at!).toBeLessThan(500)
    await database.remove()
  })
})
