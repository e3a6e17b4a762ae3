import { createPipe, PipelineError, pipeline, systemClock } from '@pipe/core'
import { durable, memoryStore } from '@pipe/state'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { driverOf } from '../../src/database.ts'
import { type Database, migrate, tracker } from '../../src/index.ts'
import { again } from '../support/again.ts'
import { cutOff } from '../support/cut-off.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { historyOf } from '../support/rows-of.ts'

describe.each(libraries.filter(([name]) => ['node:sqlite', 'pg', 'mysql2'].includes(name)))(
  'with %s',
  (library, make) => {
    let database: TestDatabase
    beforeEach(async () => {
      database = await make()
    })
    afterEach(() => database.remove())

    it('shows a run that goes on in another process as one run, and counts nothing twice', async () => {
      const store = memoryStore()
      const newPipe = () => createPipe({ plugins: [durable({ store }), tracker({ db: database.db, output: true })] })
      const gate = Promise.withResolvers<undefined>()
      let calls = 0
      const twice = pipeline('twice', (p) => {
        const first = p.step('first', { run: () => ++calls })
        return p.step('second', {
          needs: { first },
          run: async (__, { signal }) => {
            if (calls > 1) return 'done'
            calls++
            gate.resolve(undefined)
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            throw signal.reason
          },
        })
      })

      const one = newPipe()
      const left = one.start(twice, undefined, { id: 'run' })
      await gate.promise
      await one.close({ grace: 0 })
      await left.result
      const between = await historyOf(database.db)
      expect(between.runs[0]).toMatchObject({ status: 'interrupted', executions: 1 })
      expect(between.runs[0]).not.toHaveProperty('ended_at')

      const two = newPipe()
      expect(await two.run(twice, undefined, { id: 'run' })).toBe('done')
      const { runs, steps } = await historyOf(database.db)
      expect(runs).toHaveLength(1)
      expect(runs[0]).toMatchObject({
        status: 'succeeded',
        executions: 2,
        started_at: between.runs[0]!.started_at,
        steps_succeeded: 1,
        steps_restored: 1,
      })
      expect(runs[0]!.worker).not.toBe(between.runs[0]!.worker)
      expect(steps['first']).toEqual(between.steps['first'])
      expect(steps['first']).toMatchObject({ status: 'succeeded', attempts: 1, output: '1' })
      expect(steps['second']).toMatchObject({ status: 'succeeded', output: '"done"' })

      // What has ended is answered from the store: nothing is executed, nothing changes.
      await two.run(twice, undefined, { id: 'run' })
      await two.close()
      expect((await historyOf(database.db)).runs).toEqual(runs)
    })

    /** A run whose first execution loses its lease to a second one, which ends it, while the first is told so late. */
    const lostRun = async (one: Database, whenBegun: () => Promise<void>, whenOver: () => void) => {
      let older = 0
      const store = memoryStore({ clock: { ...systemClock, now: () => Date.now() + older } })
      const newPipe = (db: Database, worker: string) =>
        createPipe({ plugins: [durable({ store }), tracker({ db, worker, endWait: 100 })], onError: () => undefined })
      const gate = Promise.withResolvers<string>()
      const begun = Promise.withResolvers<undefined>()
      let calls = 0
      const work = pipeline('work', (p) =>
        p.step('a', {
          run: () => {
            if (calls++ > 0) return 'new'
            begun.resolve(undefined)
            return gate.promise
          },
        }),
      )
      const [first, second] = [newPipe(one, 'one'), newPipe(database.db, 'two')]
      const lost = first.start(work, undefined, { id: 'run' })
      await begun.promise
      await whenBegun()
      older = 60_000
      expect(await second.run(work, undefined, { id: 'run' })).toBe('new')
      await second.close()
      const before = await historyOf(database.db)
      gate.resolve('old')
      expect((await lost.result).error?.code).toBe('LEASE_LOST')
      whenOver()
      await first.close()
      return { before, after: await historyOf(database.db) }
    }

    it('leaves a run to who took it over from a process that had hung', async () => {
      await migrate({ db: database.db })
      const isWritten = async () => {
        while ((await historyOf(database.db)).runs.length === 0) await new Promise(setImmediate)
      }
      const { before, after } = await lostRun(database.db, isWritten, () => undefined)
      expect(after).toEqual(before)
      expect(after.runs[0]).toMatchObject({
        status: 'succeeded',
        executions: 2,
        worker: expect.stringMatching(/^two/) as string,
      })
    })

    it('leaves it to them also when that process could not write before', async () => {
      await migrate({ db: database.db })
      const { db, after: letThrough } = cutOff(library, database.another())
      letThrough(0)
      const { before, after } = await lostRun(
        db,
        () => Promise.resolve(),
        () => letThrough(Infinity),
      )
      expect(after).toEqual(before)
      expect(after.runs[0]).toMatchObject({ status: 'succeeded', worker: expect.stringMatching(/^two/) as string })
    })

    it('begins anew with the id of a run that died, when nobody goes on with it', async () => {
      await migrate({ db: database.db })
      const { db, after: letThrough } = cutOff(library, database.another())
      const gate = Promise.withResolvers<undefined>()
      const each = (items: readonly string[], run: () => unknown) =>
        pipeline('p', (p) => p.map('each', { over: () => items, key: (item) => item, run }))
      const dying = createPipe({ plugins: [tracker({ db, closeWait: 0 }), again(9)], onError: () => undefined })
      let tries = 0
      const left = dying.start(
        each(['x', 'y'], () => (tries++ < 4 ? Promise.reject(new Error('no')) : gate.promise)),
        undefined,
        { id: 'nightly' },
      )
      const yesterday = Date.now() - 86_400_000
      while ((await historyOf(database.db)).attempts.length < 4) await new Promise(setImmediate)
      letThrough(0)
      await driverOf(database.db, 'a test').write({
        sql: `UPDATE pipeline_executions SET started_at = ${yesterday}, seen_at = ${yesterday}`,
        parameters: [],
      })
      gate.resolve(undefined)
      await left.result
      await dying.close()

      const pipe = createPipe({ plugins: [tracker({ db: database.db })] })
      await pipe.run(
        each(['z'], () => 1),
        undefined,
        { id: 'nightly' },
      )
      await pipe.close()
      const { runs, steps, attempts } = await historyOf(database.db)
      expect(runs).toHaveLength(1)
      expect(runs[0]).toMatchObject({ status: 'succeeded', executions: 1 })
      expect(runs[0]!.duration_ms).toBeLessThan(60_000)
      expect(Object.keys(steps)).toEqual(['each', 'each[z]'])
      expect(attempts).toEqual([])
    })

    it('keeps what ran apart from what is restored, also when both wait for the database', async () => {
      await migrate({ db: database.db })
      const { db, after: letThrough } = cutOff(library, database.another())
      letThrough(0)
      const own = tracker({ db, output: true })
      const pipe = createPipe({ plugins: [durable({ store: memoryStore() }), own], onError: () => undefined })
      let isLast = false
      const twice = pipeline('twice', (p) => {
        const first = p.step('first', { run: () => 1 })
        return p.step('second', {
          needs: { first },
          run: async (__, { signal }) => {
            if (isLast) return 2
            isLast = true
            left.cancel(new PipelineError('SHUTDOWN', 'the machine stops'))
            await new Promise(setImmediate)
            throw signal.reason
          },
        })
      })
      const left = pipe.start(twice, undefined, { id: 'run' })
      await left.result
      expect(await pipe.run(twice, undefined, { id: 'run' })).toBe(2)
      letThrough(Infinity)
      await pipe.close()
      const { runs, steps } = await historyOf(database.db)
      expect(runs[0]).toMatchObject({ status: 'succeeded', executions: 2 })
      expect(steps['first']).toMatchObject({ status: 'succeeded', attempts: 1, output: '1' })
      expect(steps['first']!.execution).not.toBe(runs[0]!.execution)
    })

    it('has nothing of steps that are not tracked, also when they are restored', async () => {
      const newPipe = () => createPipe({ plugins: [durable({ store }), tracker({ db: database.db })] })
      const store = memoryStore()
      const pipe = newPipe()
      let isLast = false
      const quiet = pipeline('quiet', (p) => {
        const first = p.step('first', { track: false, run: () => 1 })
        const each = p.map('each', { needs: { first }, track: false, over: () => [1, 2], run: (item) => item })
        return p.step('last', {
          needs: { each },
          run: () => {
            if (isLast) return 2
            left.cancel(new PipelineError('SHUTDOWN', 'the machine stops'))
            throw new Error('stopped')
          },
        })
      })
      const left = pipe.start(quiet, undefined, { id: 'run' })
      await left.result
      await pipe.close()
      isLast = true
      const next = newPipe()
      expect(await next.run(quiet, undefined, { id: 'run' })).toBe(2)
      await next.close()
      expect(Object.keys((await historyOf(database.db)).steps)).toEqual(['last'])
    })

    it('has steps that ran before anybody tracked them as restored', async () => {
      const store = memoryStore()
      let fail = true
      const resumed = pipeline('resumed', (p) => {
        const first = p.step('first', { run: () => 1 })
        return p.step('second', {
          needs: { first },
          run: () => {
            if (fail) throw new PipelineError('SHUTDOWN', 'the power went off')
            return 2
          },
        })
      })
      const before = createPipe({ plugins: [durable({ store })] })
      const left = before.start(resumed, undefined, { id: 'run' })
      left.events.on('step:start', ({ stepId }) => {
        if (stepId === 'second') left.cancel(new PipelineError('SHUTDOWN', 'the machine stops'))
      })
      await left.result
      fail = false
      const pipe = createPipe({ plugins: [durable({ store }), tracker({ db: database.db })] })
      await pipe.run(resumed, undefined, { id: 'run' })
      await pipe.close()
      const { steps } = await historyOf(database.db)
      expect(steps['first']).toMatchObject({ status: 'restored', attempts: 0 })
      expect(steps['first']).not.toHaveProperty('started_at')
      expect(steps['second']).toMatchObject({ status: 'succeeded', attempts: 1 })
    })

    it('leaves a run to whoever has it, when a second one is refused', async () => {
      const store = memoryStore()
      const pipe = createPipe({ plugins: [durable({ store }), tracker({ db: database.db })] })
      const gate = Promise.withResolvers<undefined>()
      const started = Promise.withResolvers<undefined>()
      const slow = pipeline('slow', (p) =>
        p.step('wait', {
          run: () => {
            started.resolve(undefined)
            return gate.promise
          },
        }),
      )
      const first = pipe.start(slow, undefined, { id: 'run' })
      await started.promise
      await expect(pipe.run(slow, undefined, { id: 'run' })).rejects.toMatchObject({ code: 'RUN_TAKEN' })
      gate.resolve(undefined)
      await first.result
      await pipe.close()
      const { runs } = await historyOf(database.db)
      expect(runs).toHaveLength(1)
      expect(runs[0]).toMatchObject({ status: 'succeeded', executions: 1, steps_succeeded: 1 })
    })
  },
)
