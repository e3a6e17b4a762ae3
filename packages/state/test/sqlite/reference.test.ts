import { systemClock } from '@pipe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore, RUN_STATES, sqliteStore, type StateStore, type StoredRun } from '../../src/index.ts'

/** A call, with the answer in a form that does not depend on the store. */
type Call = (store: StateStore) => Promise<unknown>

const id = fc.constantFrom('a', 'b', 'c')
const fence = fc.integer({ min: 1, max: 12 })
const text = fc.constantFrom('', 'x', 'y', '\ud800')
const maybeText = fc.option(text, { nil: undefined })
const states = fc.subarray([...RUN_STATES])
const endStatus = fc.constantFrom('succeeded', 'failed', 'cancelled')
/** When it begins, ms. */
const START = 10_000
const moment = fc.option(fc.integer({ min: START, max: START + 60 }), { nil: undefined })
const entry = fc.record({ key: fc.constantFrom('k', 'l', 'm'), value: text, final: fc.boolean() })
const request = fc.record({
  owner: fc.constantFrom('p', 'q'),
  leaseMs: fc.integer({ min: 1, max: 20 }),
  maxCrashes: fc.integer({ min: 0, max: 2 }),
  anew: fc.boolean(),
})
const filter = fc
  .record({
    pipeline: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
    states: fc.option(states, { nil: undefined }),
    since: moment,
    until: moment,
  })
  // What is absent is not there.
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.constantFrom('one', 'two'), text, request).map(
      ([id, pipeline, data, asked]): Call =>
        (store) =>
          store.acquire({ id, pipeline, data }, asked),
    ),
  },
  fc.tuple(id, fence, fc.integer({ min: 1, max: 20 })).map(
    ([id, fence, ms]): Call =>
      (store) =>
        store.renew(id, fence, ms),
  ),
  fc.tuple(id, fence, fc.constantFrom('waiting', 'blocked'), maybeText).map(
    ([id, fence, as, outcome]): Call =>
      (store) =>
        store.release(id, fence, as, outcome),
  ),
  {
    weight: 2,
    arbitrary: fc.tuple(id, fence, fc.array(entry, { maxLength: 4 })).map(
      ([id, fence, entries]): Call =>
        (store) =>
          store.commit(id, fence, entries),
    ),
  },
  fc.tuple(id, fence, endStatus, text).map(
    ([id, fence, as, outcome]): Call =>
      (store) =>
        store.end(id, fence, as, outcome),
  ),
  fc.tuple(id, fc.constantFrom('run', 'pause', 'cancel'), maybeText).map(
    ([id, command, reason]): Call =>
      (store) =>
        store.command(id, command, reason),
  ),
  id.map(
    (id): Call =>
      (store) =>
        store.revive(id),
  ),
  id.map(
    (id): Call =>
      (store) =>
        store.delete(id),
  ),
  fc
    .tuple(
      fc.subarray(['succeeded', 'failed', 'cancelled'] as const),
      fc.integer({ min: START, max: START + 60 }),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(
      ([which, before, limit]): Call =>
        (store) =>
          store.purge(which, before, limit),
    ),
  filter.map(
    (filter): Call =>
      async (store) =>
        (await store.list(filter, 10)).items,
  ),
  fc.integer({ min: 1, max: 10 }).map(
    (ms): Call =>
      async () =>
        void (time += ms),
  ),
)

/** Sets the clock back, further than any lease lasts, or forwards. */
const setting: fc.Arbitrary<Call> = fc.constantFrom(-100, -5, 100).map(
  (ms): Call =>
    async () =>
      void (time += ms),
)

/** The store with 1, 2, 3 … for its fences, in the order in which it gave them: each has numbers of its own. */
function inOrder(store: StateStore): StateStore {
  const given: number[] = [0]
  const real = (fence: number) => given[fence] ?? Number.MAX_SAFE_INTEGER
  const ranked = (run: StoredRun): StoredRun => ({ ...run, fence: given.indexOf(run.fence) })
  const maybe = (run: StoredRun | undefined) => run && ranked(run)
  return {
    ...store,
    acquire: async (run, request) => {
      const acquired = await store.acquire(run, request)
      const { fence } = acquired
      if (fence !== null && fence > given.at(-1)!) given.push(fence)
      return { ...acquired, fence: fence === null ? null : given.indexOf(fence), run: ranked(acquired.run) }
    },
    renew: (id, fence, leaseMs) => store.renew(id, real(fence), leaseMs),
    release: (id, fence, as, outcome) => store.release(id, real(fence), as, outcome),
    commit: (id, fence, entries) => store.commit(id, real(fence), entries),
    end: (id, fence, as, outcome) => store.end(id, real(fence), as, outcome),
    get: async (id) => maybe(await store.get(id)),
    // Which of two runs was created first nobody can tell when the clock was set in between.
    list: async (...asked) => ({
      items: (await store.list(...asked)).items.map(ranked).sort((a, b) => (isSet && a.id > b.id ? 1 : isSet ? -1 : 0)),
    }),
    command: async (...asked) => maybe(await store.command(...asked)),
    revive: async (id) => maybe(await store.revive(id)),
    delete: async (id) => maybe(await store.delete(id)),
  }
}

const known = async (store: StateStore) => ({
  runs: (await store.list({}, 10)).items,
  entries: await Promise.all(
    ['a', 'b', 'c'].map(async (id) => (await store.entries(id)).items.toSorted((a, b) => (a.key < b.key ? -1 : 1))),
  ),
})

let time = START
let isSet = false
const clock = { ...systemClock, now: () => time }

test.each([
  ['goes on', call],
  ['is set, forwards and back', fc.oneof({ weight: 9, arbitrary: call }, setting)],
])('every call answers what the memory store answers, and leaves the same behind: the clock %s', async (_, calls) => {
  isSet = calls !== call
  await fc.assert(
    fc.asyncProperty(fc.array(calls, { minLength: 10, maxLength: 60 }), async (calls) => {
      const play = async (plain: StateStore) => {
        const store = inOrder(plain)
        time = START
        await store.open()
        const answers: unknown[] = []
        for (const call of calls) answers.push(await call(store))
        const left = await known(store)
        await store.close()
        return { answers, left }
      }
      const expected = await play(memoryStore({ clock }))
      expect(await play(sqliteStore({ file: ':memory:', clock }))).toStrictEqual(expected)
    }),
    { numRuns: 300 },
  )
})
