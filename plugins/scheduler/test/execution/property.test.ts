import { createPipe, pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createExecution, type StartExecutionOptions, type Tick } from '../../src/index.ts'
import { fails, Model } from './support/model.ts'
import { turn } from './support/outcomes.ts'

const bounded = fc.record({ maxTicks: fc.integer({ min: 1, max: 7 }), stopOnTerminal: fc.boolean() })
const auto = bounded.map((options) => ({ ...options, mode: 'auto' as const }))
const interval = fc
  .record({
    interval: fc.constantFrom(10, 70, 100),
    fixedDelay: fc.boolean(),
    limits: fc.option(bounded, { nil: { stopOnTerminal: false } }),
  })
  .map(({ limits, ...options }) => ({ ...options, ...limits, mode: 'interval' as const }))

const op = fc.oneof(
  { weight: 2, arbitrary: fc.record({ op: fc.constant('tick' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('start' as const), options: fc.oneof(auto, interval, interval) }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('stop' as const, 'abort' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('rest' as const) }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 350 }) }) },
)

/** An execution on a clock that stands still, with the counts that its events and steps make. */
function world() {
  const clock = fakeClock()
  const counts = { begun: 0, ended: 0, begins: 0, ends: 0 }
  let pass = 0
  const definition = pipeline('chain', (p) => {
    const a = p.step('a', { run: () => pass++ })
    const b = p.step('b', {
      after: [a],
      run: () => {
        if (fails(execution.status.pass)) throw new Error('fate')
      },
    })
    return p.step('c', { after: [b], run: () => undefined })
  })
  const execution = createExecution(createPipe({ clock }), definition, undefined, { clock, history: { limit: 5 } })
  execution.events.on('tick:start', ({ tick }) => {
    expect(tick).toBe(++counts.begun)
    expect(counts.ended).toBe(tick - 1)
  })
  execution.events.on('tick:end', ({ tick }) => expect(tick).toBe(++counts.ended))
  execution.events.on('execution:start', () => counts.begins++)
  for (const name of ['execution:stop', 'execution:complete'] as const) execution.events.on(name, () => counts.ends++)
  return { clock, execution, counts }
}

test('an execution is what the model says, whatever is done to it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 40, size: 'max' }), async (script) => {
      const { clock, execution, counts } = world()
      const model = new Model()
      const asked: Promise<Tick>[] = []
      const refused: Promise<void>[] = []
      let controller = new AbortController()
      const rest = async () => {
        model.rest()
        await Promise.allSettled(asked)
        await Promise.all(refused)
        const { state, mode } = execution.status
        if (state === 'running' && mode === 'auto') await execution.done
        for (let i = 0; i < 3; i++) await turn()
      }
      const allowed = (name: 'tick' | 'start' | 'pause' | 'resume', act: () => unknown, expected: () => void) => {
        let refused: unknown
        try {
          act()
        } catch (error) {
          refused = error
        }
        if (model.may(name)) {
          expect(refused).toBeUndefined()
          expected()
        } else expect(refused).toMatchObject({ code: 'EXECUTION_STATE' })
      }
      const start = (options: StartExecutionOptions) => {
        const fresh = new AbortController()
        execution.start({ ...options, signal: fresh.signal })
        controller = fresh
      }
      for (const one of script) {
        if (one.op === 'tick') {
          const ticked = execution.tick(one.count)
          if (model.may('tick')) model.tick(one.count)
          else refused.push(expect(ticked).rejects.toMatchObject({ code: 'EXECUTION_STATE' }))
          asked.push(ticked)
        } else if (one.op === 'start')
          allowed(
            'start',
            () => start(one.options),
            () => model.start(one.options),
          )
        else if (one.op === 'pause')
          allowed(
            'pause',
            () => execution.pause(),
            () => model.pause(),
          )
        else if (one.op === 'resume')
          allowed(
            'resume',
            () => execution.resume(),
            () => model.resume(),
          )
        else if (one.op === 'rest') await rest()
        else if (one.op === 'advance') {
          await rest()
          model.advance(one.ms)
          await clock.advance(one.ms)
        } else if (one.op === 'stop') {
          void execution.stop()
          model.stop()
        } else if (execution.isRunning || execution.status.state === 'paused') {
          controller.abort()
          model.stop()
        }
        expect(execution.status.state).toBe(model.state)
        expect(execution.isRunning).toBe(model.state === 'running')
        if (one.op === 'rest' || one.op === 'advance') expect(execution.status).toMatchObject(model.status)
      }
      await rest()
      expect(execution.status).toMatchObject(model.status)
      const { tick, state } = execution.status
      expect(counts).toMatchObject({ begun: tick, ended: tick })
      expect(counts.begins - counts.ends).toBe(state === 'running' || state === 'paused' ? 1 : 0)
      expect(execution.statistics.ticks).toBe(tick)
      expect(execution.history.length).toBe(Math.min(tick, 5))
      await execution.delete()
      expect(clock.timers).toBe(0)
      expect(execution.status.tick).toBe(tick)
    }),
    { numRuns: 400 },
  )
})

test('no tick begins unless it is running, at whatever moment it is paused, resumed, stopped and started', async () => {
  const moment = fc.record({
    call: fc.constantFrom('pause' as const, 'resume' as const, 'stop' as const, 'start' as const),
    hops: fc.integer({ min: 0, max: 30 }),
    turns: fc.integer({ min: 0, max: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { maxLength: 30, size: 'max' }), async (script) => {
      const { execution, counts } = world()
      const states: string[] = []
      execution.events.on('tick:start', () => states.push(execution.status.state))
      const stops: Promise<unknown>[] = []
      for (const { call, hops, turns } of script) {
        for (let i = 0; i < turns; i++) await turn()
        for (let i = 0; i < hops; i++) await Promise.resolve()
        const { state } = execution.status
        if (call === 'stop') stops.push(execution.stop())
        else if (call === 'pause' && state === 'running') execution.pause()
        else if (call === 'resume' && state === 'paused') execution.resume()
        else if (call === 'start' && (state === 'idle' || state === 'stopped'))
          execution.start({ mode: 'auto', stopOnTerminal: false })
      }
      await Promise.all(stops)
      const ended = await execution.stop()
      expect(states.filter((state) => state !== 'running')).toEqual([])
      expect(counts).toMatchObject({ begun: ended.tick, ended: ended.tick })
      expect(execution.statistics.ticks).toBe(ended.tick)
      await turn()
      expect(execution.status).toEqual(ended)
      await execution.delete()
    }),
    { numRuns: 100 },
  )
})
