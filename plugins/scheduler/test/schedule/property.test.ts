import fc from 'fast-check'
import { pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { expect, test } from 'vitest'
import { MINUTE, SECOND, START, scheduling } from './support.ts'

type Op =
  | { readonly do: 'wait' | 'jump' | 'back'; readonly ms: number }
  | { readonly do: 'pause' | 'resume' | 'trigger' | 'end' | 'hold' | 'free' | 'fail' | 'edit' }

const ms = fc.integer({ min: 1, max: 5 * MINUTE })
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'jump' as const, 'back' as const), ms }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'pause' as const,
        'resume' as const,
        'trigger' as const,
        'end' as const,
        'hold' as const,
        'free' as const,
        'fail' as const,
        'edit' as const,
      ),
    }),
  },
)
const options = fc.record({
  overlap: fc.constantFrom('skip' as const, 'buffer-one' as const, 'buffer-all' as const, 'cancel-other' as const, {
    allow: 2,
  }),
  misfire: fc.constantFrom('once' as const, 'skip' as const, 'all' as const),
  jitter: fc.constantFrom(0, 20 * SECOND),
})

test('whatever happens, each slot is fired, waits, was told to be left out, or lies in a pause: once', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(op, { maxLength: 40 }), async (chosen, ops) => {
      const clock = fakeClock()
      const ends: (() => void)[] = []
      let [holds, fails] = [false, false]
      let [going, most] = [0, 0]
      const job = pipeline('job', (p) =>
        p.step('a', {
          run: async (_, { signal }) => {
            most = Math.max(most, ++going)
            try {
              if (fails) throw new Error('no')
              if (!holds) return
              await new Promise<void>((resolve, reject) => {
                ends.push(resolve)
                signal.addEventListener('abort', () => reject(signal.reason as Error))
              })
            } finally {
              going--
            }
          },
        }),
      )
      const { scheduler, errors } = scheduling(clock)
      /** What became of a slot. */
      const slots = new Map<number, string>()
      const settle = (slot: number, as: string) => {
        expect(slots.get(slot)).toBeUndefined()
        slots.set(slot, as)
      }
      let every = MINUTE
      let runs = 0
      const ended = new Set<string>()
      scheduler.events.on('schedule:fire', ({ slot, manual }) => {
        runs++
        if (!manual) settle(slot, 'fired')
      })
      scheduler.events.on('schedule:skip', ({ slot, manual }) => {
        if (!manual) settle(slot, 'skipped')
      })
      scheduler.events.on('schedule:miss', ({ count, from, to }) => {
        for (let slot = from; slot <= to; slot += every) settle(slot, 'missed')
        expect(count).toBe((to - from) / every + 1)
      })
      scheduler.events.on('schedule:run-end', ({ id }) => {
        expect(ended.has(id)).toBe(false)
        ended.add(id)
      })
      scheduler.add('poll', job, { every, ...chosen })
      await scheduler.start()
      const pauses: [from: number, to: number][] = []
      const edits: [at: number, every: number, settled: number][] = [[0, every, 0]]
      let pausedAt: number | undefined
      const resumed = () => {
        if (pausedAt !== undefined) pauses.push([pausedAt, clock.now()])
        pausedAt = undefined
      }
      for (const one of ops) {
        if (one.do === 'wait') await clock.advance(one.ms)
        else if (one.do === 'jump' || one.do === 'back') {
          clock.adjust(one.do === 'jump' ? one.ms : -one.ms)
          await clock.advance(31 * SECOND) // it is noticed
        } else if (one.do === 'pause') {
          await scheduler.pause('poll')
          pausedAt ??= clock.now()
        } else if (one.do === 'resume') {
          await scheduler.resume('poll')
          resumed()
        } else if (one.do === 'edit') {
          every = every === MINUTE ? 2 * MINUTE : MINUTE
          edits.push([clock.now(), every, Math.max(clock.now(), ...slots.keys())])
          scheduler.add('poll', job, { every, ...chosen })
        } else if (one.do === 'trigger') await scheduler.trigger('poll')
        else if (one.do === 'end') ends.shift()?.()
        else if (one.do === 'fail') fails = !fails
        else holds = one.do === 'hold'
        await clock.advance(0)
        const info = (await scheduler.get('poll'))!
        expect(info.active.length).toBe(going)
        expect(info.state).toBe(pausedAt === undefined ? 'active' : 'paused')
      }
      resumed()
      const limit = typeof chosen.overlap === 'object' ? chosen.overlap.allow : 1
      expect(most).toBeLessThanOrEqual(limit)
      holds = false
      await scheduler.stop({ grace: 0 }) // what waits is told
      // Those of the last minute may be put off by their jitter.
      const last = Math.max(START, ...slots.keys())
      const isPaused = (slot: number) => pauses.some(([from, to]) => slot > from - MINUTE && slot <= to)
      // What one of two timings has may be gone with it, or not yet there, while it is put off, or the clock is behind.
      const isEdited = (slot: number) => edits.some(([from, , to]) => slot > from - MINUTE && slot <= to)
      const isSlot = (slot: number) => slot % edits.findLast(([from]) => from <= slot)![1] === 0
      for (let slot = START + MINUTE; slot <= last; slot += MINUTE) {
        if (!isSlot(slot) || isPaused(slot) || isEdited(slot)) continue
        expect(slots.has(slot), new Date(slot).toISOString()).toBe(true)
      }
      expect(ended.size).toBe(runs)
      expect(errors).toEqual([])
      expect(clock.timers).toBe(0)
    }),
    { numRuns: 300 },
  )
})
