import { createPipe, definePlugin, pipeline, type Plugin, type } from '@pipe/core'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { historyIn, tracker, type TrackerOptions } from '../../src/index.ts'
import { again } from '../support/again.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { type History, historyOf } from '../support/rows-of.ts'

const aTime = expect.any(Number) as number
const aText = expect.any(String) as string

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await make()
  })
  afterEach(() => database.remove())

  const pipeWith = (options: Partial<TrackerOptions> = {}, ...plugins: Plugin[]) =>
    createPipe({ plugins: [tracker({ db: database.db, ...options }), ...plugins] })

  it('has a run and its steps when the run has ended', async () => {
    const bill = pipeline('bill', { input: type<{ amount: number }>(), version: '2' }, (p, input) => {
      const net = p.step('net', { needs: { input }, run: ({ input }) => input.amount / 2 })
      return p.step('sum', { needs: { net }, run: ({ net }) => ({ net, total: net + 1 }) })
    })
    const pipe = pipeWith({ input: true, output: true, worker: 'web-1' })
    const run = pipe.start(bill, { amount: 4 }, { id: 'b-1', tags: { customer: 'Ada' } })
    await run.result
    const { runs, steps, attempts } = await historyOf(database.db)
    await pipe.close()
    expect(runs).toEqual([
      {
        run_id: 'b-1',
        pipeline: 'bill',
        version: '2',
        status: 'succeeded',
        worker: expect.stringMatching(/^web-1\/\w{8}$/) as string,
        execution: aText,
        fence: 0,
        seq: 2,
        executions: 1,
        started_at: aTime,
        resumed_at: runs[0]!.started_at,
        seen_at: runs[0]!.ended_at,
        ended_at: aTime,
        duration_ms: runs[0]!.ended_at! - runs[0]!.started_at!,
        steps_succeeded: 2,
        steps_restored: 0,
        steps_skipped: 0,
        steps_failed: 0,
        steps_cancelled: 0,
        input: '{"amount":4}',
        output: '{"net":2,"total":3}',
        tags: '{"customer":"Ada"}',
      },
    ])
    expect(Object.keys(steps)).toEqual(['net', 'sum'])
    expect(steps['sum']).toEqual({
      run_id: 'b-1',
      path: 'sum',
      pipeline: 'bill',
      step: 'sum',
      status: 'succeeded',
      execution: runs[0]!.execution,
      seq: aTime,
      attempts: 1,
      started_at: aTime,
      ended_at: aTime,
      duration_ms: aTime,
      input: '{"net":2}',
      output: '{"net":2,"total":3}',
    })
    expect(attempts).toEqual([])
  })

  it('names the process, whatever it is called', async () => {
    const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))
    const names = ['本'.repeat(100), 'a\0b']
    for (const worker of names) await pipeWith({ worker }).run(one)
    const workers = (await historyOf(database.db)).runs.map(({ worker }) => worker)
    expect(workers).toEqual([
      expect.stringMatching(/^本{50,}~\w{16}\/\w{8}$/),
      expect.stringMatching(/^a\ufffdb\/\w{8}$/),
    ])
  })

  it('keeps tags to look for whole, or not at all', async () => {
    const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))
    const pipe = pipeWith({ maxLength: 64 })
    const long = 'x'.repeat(900)
    const many = Object.fromEntries(Array.from({ length: 70 }, (__, n) => [`tag-${String(n).padStart(2, '0')}`, long]))
    await pipe.run(one, undefined, { id: 'many', tags: many })
    const tags = { url: 'https://shop.example/orders/7?page=2', region: 'eu-central-1', token: 'blue', tenant: 'north' }
    await pipe.run(one, undefined, { id: 'some', tags: { ...tags, tooLong: 'x'.repeat(1_000) } })
    await pipe.close()
    const history = historyIn({ db: database.db })
    expect((await history.run('some'))?.tags).toEqual({ ...tags, token: '[redacted]' })
    expect(Object.entries((await history.run('many'))!.tags)).toEqual(Object.entries(many).slice(0, 64))
    const found = async (of: Record<string, string>) => (await history.runs({ tags: of })).items.map(({ id }) => id)
    expect(await found({ tenant: 'north', url: tags.url })).toEqual(['some'])
    expect(await found({ 'tag-63': long })).toEqual(['many'])
  })

  it('keeps no values unless it is asked to', async () => {
    const one = pipeline('one', { input: type<string>() }, (p, input) =>
      p.step('echo', { needs: { input }, run: ({ input }) => input }),
    )
    await pipeWith().run(one, 'what the user said')
    expect(JSON.stringify(await historyOf(database.db))).not.toContain('what the user said')
  })

  it('tells what a step failed with, its attempts, and what did not come to run', async () => {
    const failing = pipeline('failing', (p) => {
      const bad = p.step('bad', {
        run: (__, { attempt }) => {
          throw Object.assign(new RangeError(`attempt ${attempt}`, { cause: new Error('no route') }), { code: 'E_NET' })
        },
      })
      const never = p.step('never', { needs: { bad }, run: () => 1 })
      const choosy = p.step('choosy', { when: () => false, run: () => 1 })
      return { never, choosy }
    })
    const pipe = pipeWith({}, again(3))
    const { error } = await pipe.start(failing, undefined, { id: 'f', failure: 'continue' }).result
    const { runs, steps, attempts } = await historyOf(database.db)
    expect(error?.code).toBe('STEP_FAILED')
    expect(runs[0]).toMatchObject({
      status: 'failed',
      error_path: 'bad',
      error_name: 'RangeError',
      error_code: 'E_NET',
      error_message: 'attempt 3',
      steps_failed: 1,
      steps_skipped: 2,
    })
    expect(steps['bad']).toMatchObject({
      status: 'failed',
      attempts: 3,
      error_name: 'RangeError',
      error_code: 'E_NET',
      error_message: 'attempt 3',
    })
    const told = JSON.parse(steps['bad']!.error!) as { stack: string; cause: { message: string } }
    expect(told.stack).toContain('records.test')
    expect(told.cause.message).toBe('no route')
    expect(steps['never']).toMatchObject({ status: 'skipped', attempts: 0, reason: 'upstream-failed' })
    expect(steps['never']).not.toHaveProperty('started_at')
    expect(steps['choosy']).toMatchObject({ status: 'skipped', reason: 'condition' })
    expect(attempts.map(({ attempt, status, error_message }) => [attempt, status, error_message])).toEqual([
      [1, 'failed', 'attempt 1'],
      [2, 'failed', 'attempt 2'],
      [3, 'failed', 'attempt 3'],
    ])
    expect(attempts[0]).toMatchObject({ started_at: steps['bad']!.started_at, retry_at: aTime })
    for (const { started_at, ended_at } of attempts) expect(started_at).toBeLessThanOrEqual(ended_at!)
  })

  it('has items, iterations and what is inside of pipelines, to group by', async () => {
    const ship = pipeline('ship', { input: type<number>() }, (p, input) =>
      p.step('pack', { needs: { input }, run: ({ input }) => input * 2 }),
    )
    const ask = pipeline('ask', { input: type<number>() }, (p, n) =>
      p.step('next', { needs: { n }, run: ({ n }) => n + 1 }),
    )
    const orders = pipeline('orders', (p) => {
      const all = p.map('order', { over: () => [3, 4], key: (n) => `no ${n}]`, run: ship })
      return p.loop('poll', ask, { needs: { all }, input: () => 0, until: (n) => n === 2, max: 5 })
    })
    const pipe = pipeWith({ input: true, output: true })
    await pipe.run(orders)
    const { steps, runs } = await historyOf(database.db)
    const shown = Object.values(steps).map(({ path, step, item_key, input, output }) => [
      path,
      step,
      item_key,
      input,
      output,
    ])
    expect(shown).toMatchInlineSnapshot(`
      [
        [
          "order",
          "order",
          undefined,
          "{}",
          "[6,8]",
        ],
        [
          "order[no 3\\]]",
          "order",
          "no 3]",
          "3",
          "6",
        ],
        [
          "order[no 3\\]]/pack",
          "order/pack",
          undefined,
          "{"input":3}",
          "6",
        ],
        [
          "order[no 4\\]]",
          "order",
          "no 4]",
          "4",
          "8",
        ],
        [
          "order[no 4\\]]/pack",
          "order/pack",
          undefined,
          "{"input":4}",
          "8",
        ],
        [
          "poll",
          "poll",
          undefined,
          "{"all":[6,8]}",
          "2",
        ],
        [
          "poll[0]/next",
          "poll/next",
          undefined,
          "{"n":0}",
          "1",
        ],
        [
          "poll[1]/next",
          "poll/next",
          undefined,
          "{"n":1}",
          "2",
        ],
      ]
    `)
    expect(runs[0]).toMatchObject({ steps_succeeded: 6 })
  })

  it('says which steps were undone, and whether they could be', async () => {
    const trip = pipeline('trip', (p) => {
      const car = p.step('car', { run: () => 1, undo: () => undefined })
      const hotel = p.step('hotel', { needs: { car }, run: () => 2, undo: () => Promise.reject(new Error('too late')) })
      return p.step('flight', { needs: { hotel }, run: () => Promise.reject(new Error('full')) })
    })
    await pipeWith().start(trip).result
    const { steps } = await historyOf(database.db)
    expect(steps['car']).toMatchObject({ status: 'succeeded', undo_status: 'done' })
    expect(steps['hotel']).toMatchObject({
      undo_status: 'failed',
      undo_error: expect.stringContaining('too late') as string,
    })
    expect(steps['flight']).not.toHaveProperty('undo_status')
  })

  it('knows what is going on while it goes on, and pauses', async () => {
    const gate = Promise.withResolvers<undefined>()
    const slow = pipeline('slow', (p) => p.step('wait', { run: () => gate.promise }))
    const pipe = pipeWith({ every: 0 })
    const run = pipe.start(slow)
    const seen = async (is: (history: History) => boolean) => {
      for (;;) {
        const history = await historyOf(database.db).catch(() => undefined)
        if (history !== undefined && is(history)) return history
        await new Promise(setImmediate)
      }
    }
    const { steps } = await seen((history) => history.steps['wait'] !== undefined)
    expect(steps['wait']).toMatchObject({ status: 'running', attempts: 1, started_at: aTime })
    run.pause()
    await seen(({ runs }) => runs[0]?.status === 'paused')
    run.resume()
    await seen(({ runs }) => runs[0]?.status === 'running')
    const history = historyIn({ db: database.db })
    expect((await history.run(run.id))?.steps).toMatchObject({ running: 1, succeeded: 0 })
    gate.resolve(undefined)
    await run.result
    expect((await history.run(run.id))?.steps).toMatchObject({ running: 0, succeeded: 1 })
    expect((await historyOf(database.db)).steps['wait']).toMatchObject({
      status: 'succeeded',
      started_at: steps['wait']!.started_at,
    })
    await pipe.close()
  })

  it('has items before what is inside of them', async () => {
    const item = pipeline('item', { input: type<number>() }, (p) => p.step('work', { run: ({ input }) => input }))
    const items = pipeline('items', (p) =>
      p.map('each', { over: () => Array.from({ length: 40 }, (__, n) => n), concurrency: 3, run: item }),
    )
    const pipe = pipeWith()
    await pipe.start(items, undefined, { id: 'i' }).result
    const paths = (await historyIn({ db: database.db }).steps('i', { limit: 1_000 })).items.map(({ path }) => path)
    await pipe.close()
    expect(paths).toHaveLength(81)
    const late = paths.filter((path, n) => path.endsWith('/work') && paths.indexOf(path.slice(0, -5)) > n)
    expect(late).toEqual([])
  })

  it('knows a run that was started by the step of another one', async () => {
    const child = pipeline('child', (p) => p.step('work', { run: () => 1 }))
    const pipe = pipeWith()
    const parent = pipeline('parent', (p) =>
      p.step('delegate', { run: (__, ctx) => pipe.run(child, undefined, { id: 'c', parent: ctx }) }),
    )
    await pipe.run(parent, undefined, { id: 'p' })
    const { runs } = await historyOf(database.db)
    expect(runs.find(({ run_id }) => run_id === 'c')).toMatchObject({ parent_run_id: 'p', parent_path: 'delegate' })
  })

  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const tracing = definePlugin({
    name: 'tracing',
    run: (run, next) => {
      run.report('tracing' as never, { traceId } as never)
      return next()
    },
  })

  it('has the trace that a plugin reports, from the beginning', async () => {
    const gate = Promise.withResolvers<undefined>()
    const one = pipeline('one', (p) => p.step('a', { run: () => gate.promise }))
    const pipe = createPipe({ plugins: [tracing, tracker({ db: database.db, every: 0 })] })
    const run = pipe.start(one)
    const history = historyIn({ db: database.db })
    const found = async () => (await history.runs({ trace: traceId }).catch(() => ({ items: [] }))).items
    while ((await found()).length === 0) await new Promise(setImmediate)
    expect(await found()).toMatchObject([{ id: run.id, status: 'running' }])
    gate.resolve(undefined)
    await run.result
    expect(await found()).toMatchObject([{ id: run.id, status: 'succeeded' }])
    await pipe.close()
  })

  it('has the trace that a plugin reports inside of it when the pipe is closed', async () => {
    const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))
    const pipe = pipeWith({}, tracing)
    await pipe.run(one)
    await pipe.close()
    expect((await historyOf(database.db)).runs[0]).toMatchObject({ trace_id: traceId, status: 'succeeded' })
  })

  it('begins anew with an id that an ended run had, and forgets what that one did', async () => {
    let kind = 0
    const either = pipeline('either', (p) => {
      const first = p.step('first', { when: () => kind === 0, run: () => 1 })
      return p.map('each', { needs: { first }, over: () => Array.from({ length: kind === 0 ? 3 : 1 }), run: () => 1 })
    })
    const pipe = pipeWith()
    await pipe.start(either, undefined, { id: 'nightly' }).result
    const before = await historyOf(database.db)
    kind = 1
    await pipe.start(either, undefined, { id: 'nightly' }).result
    const after = await historyOf(database.db)
    expect(Object.keys(before.steps)).toEqual(['each', 'each[0]', 'each[1]', 'each[2]', 'first'])
    expect(after.steps).not.toHaveProperty('each[1]')
    expect(after.runs).toHaveLength(1)
    expect(after.runs[0]).toMatchObject({ executions: 1 })
    expect(after.runs[0]!.execution).not.toBe(before.runs[0]!.execution)
    expect(after.runs[0]!.started_at).toBeGreaterThanOrEqual(before.runs[0]!.ended_at!)
  })

  it('has a run whose input was refused', async () => {
    const strict = pipeline('strict', { input: type<number>() }, (p) => p.step('a', { run: () => 1 }))
    const schema = {
      '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
    }
    const checked = pipeline('checked', { input: schema }, (p) => p.step('a', { run: () => 1 }))
    const pipe = pipeWith()
    await pipe.run(strict, 1)
    await expect(pipe.run(checked, 1)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await pipe.close()
    const { runs } = await historyOf(database.db)
    expect(runs.at(-1)).toMatchObject({
      pipeline: 'checked',
      status: 'failed',
      error_code: 'INPUT_INVALID',
      executions: 0,
    })
  })

  it('writes into tables with the prefix that it is told', async () => {
    const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))
    await pipeWith({ prefix: 'app_' }).run(one)
    expect((await historyOf(database.db, undefined, 'app_')).runs).toHaveLength(1)
  })

  it('keeps ten thousand items apart', async () => {
    const keys = Array.from({ length: 10_000 }, (__, n) => `key-${n}`)
    const wide = pipeline('wide', (p) =>
      p.map('each', { over: () => keys, key: (key) => key, concurrency: 50, run: () => 1 }),
    )
    const own = tracker({ db: database.db, maxRows: 20_000, endWait: '1m' })
    const pipe = createPipe({ plugins: [own] })
    await pipe.run(wide)
    expect(own.health()).toMatchObject({ state: 'up', waiting: 0, dropped: 0 })
    const { steps } = await historyOf(database.db)
    expect(Object.keys(steps)).toHaveLength(10_001)
  })
})

test('a step may say what is kept of it', async () => {
  const [, make] = libraries[0]
  const database = await make()
  const one = pipeline('one', { input: type<string>() }, (p, input) => {
    const hidden = p.step('hidden', { needs: { input }, track: false, run: ({ input }) => `${input}!` })
    const open = p.step('open', {
      needs: { hidden },
      track: { input: true, output: true },
      run: ({ hidden }) => hidden,
    })
    const items = p.map('items', {
      needs: { open },
      track: { input: 'failed' },
      over: () => ['fine', 'bad'],
      run: (item) => {
        if (item === 'bad') throw new Error('bad item')
      },
    })
    return { open, items }
  })
  await createPipe({ plugins: [tracker({ db: database.db })] }).start(one, 'hi').result
  const { steps } = await historyOf(database.db)
  await database.remove()
  expect(steps).not.toHaveProperty('hidden')
  expect(steps['open']).toMatchObject({ input: '{"hidden":"hi!"}', output: '"hi!"' })
  expect(steps['items[0]']).not.toHaveProperty('input')
  expect(steps['items[1]']).toMatchObject({ status: 'failed', input: '"bad"' })
})
