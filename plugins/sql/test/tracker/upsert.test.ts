import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { driverOf } from '../../src/database.ts'
import { migrate } from '../../src/index.ts'
import { Buffer } from '../../src/tracker/buffer.ts'
import type { Change } from '../../src/tracker/change.ts'
import { statementsOf } from '../../src/tracker/statements.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { aRun, aStep } from '../support/states.ts'
import { historyOf } from '../support/rows-of.ts'

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await make()
    await migrate({ db: database.db })
  })
  afterEach(() => database.remove())

  /** Writes each by itself. */
  const write = async (...changes: readonly Change[]) => {
    const driver = driverOf(database.db, 'a test')
    const { write } = statementsOf(database.dialect, '')
    for (const change of changes) {
      const buffer = new Buffer(10)
      buffer.add(change, 'needed')
      await write(driver, buffer.take(1))
    }
  }
  const run = (...given: Parameters<typeof aRun>): Change => ({ kind: 'pipeline_executions', row: aRun(...given) })
  const step = (...given: Parameters<typeof aStep>): Change => ({ kind: 'step_executions', row: aStep(...given) })
  const anew = (execution: string, given: { fence?: number; resumed_at?: number } = {}): Change => ({
    kind: 'anew',
    row: { run_id: 'r', execution, fence: 0, resumed_at: 1, ...given },
  })
  const theRun = async () => (await historyOf(database.db)).runs[0]
  const theStep = async () => (await historyOf(database.db)).steps['a']

  it('ends with the last state of a step, in whatever order states come, and however often', async () => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }), async (order) => {
        const run_id = `r${count++}`
        await write(...order.map((seq) => step({ run_id, seq, output: `"${seq}"` })))
        const { steps } = await historyOf(database.db, run_id)
        expect(steps['a']).toMatchObject({ seq: Math.max(...order), output: `"${Math.max(...order)}"` })
      }),
      { numRuns: 15 },
    )
  })

  it('keeps of an earlier state what a later one does not say', async () => {
    await write(step({ seq: 1, status: 'running', started_at: 7, wait_ms: 3, input: '1' }))
    await write(step({ seq: 2, started_at: undefined, output: '2' }))
    expect(await theStep()).toMatchObject({ status: 'succeeded', started_at: 7, wait_ms: 3, input: '1', output: '2' })
  })

  it('lets a new execution take a run over, and the old one not take it back', async () => {
    await write(run({ execution: 'old', fence: 1, seq: 1, started_at: 10, worker: 'one', input: '1' }))
    await write(run({ execution: 'new', fence: 2, seq: 1, started_at: 50, resumed_at: 50, worker: 'two' }))
    await write(run({ execution: 'old', fence: 1, seq: 2, status: 'failed', ended_at: 55 }))
    expect(await theRun()).toMatchObject({
      status: 'running',
      execution: 'new',
      worker: 'two',
      executions: 2,
      started_at: 10,
      resumed_at: 50,
      input: '1',
    })
    const ended = { status: 'succeeded', started_at: 50, ended_at: 60, duration_ms: 10 }
    await write(run({ execution: 'new', fence: 2, seq: 2, ...ended }))
    expect(await theRun()).toMatchObject({
      status: 'succeeded',
      executions: 2,
      started_at: 10,
      ended_at: 60,
      duration_ms: 50,
    })
  })

  it('keeps the execution with the greater fence, whichever is written last', async () => {
    await write(run({ execution: 'new', fence: 2, seq: 3, status: 'succeeded', ended_at: 60 }))
    await write(run({ execution: 'old', fence: 1, seq: 9, status: 'cancelled', ended_at: 70 }))
    expect(await theRun()).toMatchObject({ status: 'succeeded', execution: 'new', executions: 1, ended_at: 60 })
  })

  it('begins anew over another run, wherever that was, and forgets its steps', async () => {
    for (const given of [{ status: 'failed', ended_at: 20 }, { status: 'running' }]) {
      await write(anew('old'), run({ execution: 'old', seq: 2, started_at: 10, ...given }), step({ execution: 'old' }))
      await write(run({ run_id: 's', started_at: 99 }), step({ run_id: 's' }))
      await write(anew('new'), run({ execution: 'new', seq: 1, started_at: 50 }))
      expect(await theRun()).toMatchObject({ status: 'running', executions: 1, execution: 'new', started_at: 50 })
      expect(await theRun()).not.toHaveProperty('ended_at')
      expect((await historyOf(database.db, 'r')).steps).toEqual({})
      expect((await historyOf(database.db, 's')).steps).toHaveProperty('a')
    }
  })

  it('begins anew once, also when that is written twice, and not when another one goes on meanwhile', async () => {
    await write(anew('one', { fence: 1 }), run({ execution: 'one', fence: 1 }), step({ execution: 'one' }))
    await write(anew('one', { fence: 1 }))
    expect((await historyOf(database.db, 'r')).steps).toHaveProperty('a')
    await write(run({ execution: 'two', fence: 2, resumed_at: 50 }))
    await write(anew('one', { fence: 1 }))
    expect((await historyOf(database.db, 'r')).steps).toHaveProperty('a')
    expect(await theRun()).toMatchObject({ execution: 'two' })
  })

  it('begins anew with a store that is new, and gives lower fences', async () => {
    await write(run({ execution: 'old', fence: 7, resumed_at: 10 }))
    await write(anew('new', { fence: 1, resumed_at: 50 }), run({ execution: 'new', fence: 1, resumed_at: 50 }))
    expect(await theRun()).toMatchObject({ execution: 'new', executions: 1 })
  })

  it('believes what ended in another execution, and not what it only began or restored', async () => {
    await write(step({ execution: 'old', seq: 9, output: '1' }))
    await write(step({ execution: 'new', seq: 1, status: 'running' }))
    await write(step({ execution: 'new', seq: 2, status: 'restored', attempts: 0, output: undefined }))
    expect(await theStep()).toMatchObject({ status: 'succeeded', execution: 'old', output: '1' })
    await write(step({ execution: 'new', seq: 3, status: 'failed' }))
    expect(await theStep()).toMatchObject({ status: 'failed', execution: 'new' })
  })

  it('adds that a step was undone', async () => {
    await write(step(), {
      kind: 'undo',
      row: { run_id: 'r', execution: 'e', path: 'a', undo_status: 'failed', undo_error: '{}' },
    })
    expect(await theStep()).toMatchObject({ status: 'succeeded', undo_status: 'failed', undo_error: '{}' })
  })

  it('keeps any text', async () => {
    const output = JSON.stringify('\0 naïve 本 🦊 \u2028 \\ \' " $1 ? % \\u0000')
    await write(step({ output, error_message: 'naïve 本 🦊 \\ \' "' }))
    expect(await theStep()).toMatchObject({ output, error_message: 'naïve 本 🦊 \\ \' "' })
  })

  it('says that the runs of a worker are alive', async () => {
    await write(
      run({ worker: 'one' }),
      run({ run_id: 's', worker: 'one', status: 'failed' }),
      run({ run_id: 't', worker: 'two' }),
    )
    await driverOf(database.db, 'a test').write(statementsOf(database.dialect, '').beat('one', 99))
    const { runs } = await historyOf(database.db)
    expect(Object.fromEntries(runs.map(({ run_id, seen_at }) => [run_id, seen_at]))).toEqual({ r: 99, s: 1, t: 1 })
    await write(run({ worker: 'one', seq: 2, status: 'paused', seen_at: 50 }))
    expect(await theRun()).toMatchObject({ status: 'paused', seen_at: 99 })
  })
})
