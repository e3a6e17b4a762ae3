import fc from 'fast-check'
import { fakeClock } from '@pipe/testing'
import { expect, test } from 'vitest'
import { Alarms } from '../../src/timing/alarms.ts'

const aKey = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.nat(40).map(String))
const aDelay = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 100_000 }))

/** What an alarm does when it rings, besides being written down. */
type Reaction =
  | { readonly type: 'none' }
  | { readonly type: 'clear'; readonly key: string }
  | { readonly type: 'set'; readonly key: string; readonly delay: number }

const clear = fc.record({ type: fc.constant('clear' as const), key: aKey })
const reaction: fc.Arbitrary<Reaction> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ type: 'none' as const }) },
  clear,
  fc.record({ type: fc.constant('set' as const), key: aKey, delay: aDelay }),
)
const set = fc.record({ type: fc.constant('set' as const), key: aKey, delay: aDelay, reaction })
const advance = fc.record({ type: fc.constant('advance' as const), ms: fc.nat(60_000) })
const adjust = fc.record({ type: fc.constant('adjust' as const), ms: fc.integer({ min: -200_000, max: 200_000 }) })

const many = { maxLength: 100, size: 'max' } as const

interface Alarm {
  /** The index of the action that set it, plus a half when the alarm of that action did. */
  readonly id: number
  readonly key: string
  readonly at: number
  readonly reaction: Reaction
}

/** A list in the order of setting, searched from end to end. Its clock is never set, so it knows when each alarm comes. */
class NaiveAlarms {
  readonly rung: [id: number, at: number][] = []
  now: number
  #list: Alarm[] = []

  constructor(now: number) {
    this.now = now
  }

  set(alarm: Alarm): void {
    this.clear(alarm.key)
    this.#list.push(alarm)
  }

  clear(key: string): void {
    this.#list = this.#list.filter((one) => one.key !== key)
  }

  advance(ms: number, ring: (alarm: Alarm) => void): void {
    const end = this.now + ms
    for (;;) {
      const due = this.#list.filter(({ at }) => at <= end)
      if (due.length === 0) break
      this.now = Math.max(this.now, Math.min(...due.map(({ at }) => at)))
      const together = due.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at)
      for (const alarm of together) {
        if (!this.#list.includes(alarm)) continue
        this.#list = this.#list.filter((one) => one !== alarm)
        this.rung.push([alarm.id, this.now])
        ring(alarm)
      }
    }
    this.now = end
  }

  get size(): number {
    return this.#list.length
  }
}

test('alarms ring as a naive list of them says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(set, set, set, clear, advance), many), async (actions) => {
      const clock = fakeClock()
      const model = new NaiveAlarms(clock.now())
      const rung: [id: number, at: number][] = []
      const alarms = new Alarms(clock, (error) => expect(error).toBeUndefined())
      const setBoth = (id: number, key: string, delay: number, reaction: Reaction) => {
        setReal(id, key, delay, reaction)
        model.set({ id, key, at: clock.now() + delay, reaction })
      }
      const setReal = (id: number, key: string, delay: number, reaction: Reaction) =>
        alarms.set(key, clock.now() + delay, () => {
          rung.push([id, clock.now()])
          if (reaction.type === 'clear') alarms.clear(reaction.key)
          if (reaction.type === 'set') setReal(id + 0.5, reaction.key, reaction.delay, { type: 'none' })
        })
      for (const [id, action] of actions.entries()) {
        if (action.type === 'set') setBoth(id, action.key, action.delay, action.reaction)
        if (action.type === 'clear') [alarms, model].forEach((one) => one.clear(action.key))
        if (action.type === 'advance') {
          await clock.advance(action.ms)
          model.advance(action.ms, ({ id, reaction }) => {
            if (reaction.type === 'clear') model.clear(reaction.key)
            if (reaction.type !== 'set') return
            const { key, delay } = reaction
            model.set({ id: id + 0.5, key, at: model.now + delay, reaction: { type: 'none' } })
          })
        }
        expect(rung).toEqual(model.rung)
        expect(alarms.size).toBe(model.size)
        expect(clock.timers).toBe(model.size === 0 ? 0 : 1)
      }
      alarms.close()
    }),
    { numRuns: 300 },
  )
})

test('however the wall clock is set: never early, at most 30 s late, once, and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(set, set, set, clear, advance, adjust), many), async (actions) => {
      const clock = fakeClock()
      const alarms = new Alarms(clock, (error) => expect(error).toBeUndefined())
      const live = new Map<string, Alarm>()
      let together: { readonly time: number; readonly last: Alarm } | undefined
      const ring = (alarm: Alarm) => {
        expect(live.get(alarm.key)).toBe(alarm) // neither cleared nor replaced, and not twice
        live.delete(alarm.key)
        expect(clock.now()).toBeGreaterThanOrEqual(alarm.at)
        if (together?.time === clock.monotonic()) {
          const { last } = together
          expect(last.at < alarm.at || (last.at === alarm.at && last.id < alarm.id)).toBe(true)
        }
        together = { time: clock.monotonic(), last: alarm }
      }
      for (const [id, action] of actions.entries()) {
        if (action.type === 'set') {
          const alarm = { id, key: action.key, at: clock.now() + action.delay, reaction: action.reaction }
          live.set(alarm.key, alarm)
          alarms.set(alarm.key, alarm.at, () => ring(alarm))
          together = undefined
        }
        if (action.type === 'clear') {
          live.delete(action.key)
          alarms.clear(action.key)
        }
        if (action.type === 'advance') await clock.advance(action.ms)
        if (action.type === 'adjust') {
          clock.adjust(action.ms)
          together = undefined
        }
        expect(alarms.size).toBe(live.size)
      }
      const due = clock.now()
      await clock.advance('30s')
      for (const alarm of live.values()) expect(alarm.at).toBeGreaterThan(due)
      alarms.close()
      expect(clock.timers).toBe(0)
    }),
    { numRuns: 300 },
  )
})
