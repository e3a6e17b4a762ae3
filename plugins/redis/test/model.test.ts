import { memoryStore, RUN_STATES, type RunState, type StateStore, type StoredRun } from '@pipe/state'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kinds } from './support/clients.ts'
import { expire, lab } from './support/lab.ts'

/** The lease that a call shows: a good one, one of before, or none of this run at all. */
type Lease = 'last' | 'before' | 'none'
type Step =
  | { do: 'acquire'; id: string; owner: string; anew: boolean; maxCrashes: number }
  | { do: 'renew' | 'expire' | 'get' | 'revive' | 'delete' | 'entries'; id: string; lease: Lease }
  | { do: 'release'; id: string; lease: Lease; as: 'waiting' | 'blocked'; outcome: string | undefined }
  | { do: 'commit'; id: string; lease: Lease; entries: { key: string; value: string; final: boolean }[] }
  | { do: 'end'; id: string; lease: Lease; as: 'succeeded' | 'failed' | 'cancelled'; outcome: string }
  | { do: 'command'; id: string; command: 'run' | 'pause' | 'cancel'; reason: string | undefined }
  | { do: 'list'; states: RunState[] | undefined; limit: number }
  | { do: 'purge'; statuses: ('succeeded' | 'failed' | 'cancelled')[]; limit: number }

const HOUR = 3_600_000
const id = fc.constantFrom('a', 'b', 'c:d')
const lease = fc.constantFrom<Lease[]>('last', 'last', 'last', 'before', 'none')
const text = fc.constantFrom('', 'x', '\ud800', '\u0001')
const maybe = fc.option(text, { nil: undefined })
const end = fc.constantFrom('succeeded' as const, 'failed' as const, 'cancelled' as const)
const states = fc.subarray([...RUN_STATES])
const entry = fc.record({ key: fc.constantFrom('k', 'l', '\udfff'), value: text, final: fc.boolean() })
const acquire = fc.record({
  do: fc.constant('acquire' as const),
  id,
  owner: fc.constantFrom('me', 'you'),
  anew: fc.boolean(),
  maxCrashes: fc.nat(2),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: acquire, weight: 3 },
  fc.record({ do: fc.constantFrom('renew' as const, 'expire', 'get', 'revive', 'delete', 'entries'), id, lease }),
  fc.record({
    do: fc.constant('release' as const),
    id,
    lease,
    as: fc.constantFrom('waiting' as const, 'blocked'),
    outcome: maybe,
  }),
  fc.record({ do: fc.constant('commit' as const), id, lease, entries: fc.array(entry, { maxLength: 4 }) }),
  fc.record({ do: fc.constant('end' as const), id, lease, as: end, outcome: text }),
  fc.record({
    do: fc.constant('command' as const),
    id,
    command: fc.constantFrom('run' as const, 'pause', 'cancel'),
    reason: maybe,
  }),
  fc.record({
    do: fc.constant('list' as const),
    states: fc.option(states, { nil: undefined }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant('purge' as const), statuses: fc.array(end), limit: fc.integer({ min: 1, max: 3 }) }),
)

/** A store that is told the same as another one: its answers in words that do not depend on clocks. */
function told(store: StateStore, expire: (id: string) => Promise<unknown>) {
  const fences = new Map<string, number[]>()
  /** A run as anybody sees it: fences and times by what they mean. */
  const seen = ({ fence, leaseUntil, createdAt, updatedAt, endedAt, ...run }: StoredRun) => {
    expect([createdAt <= updatedAt, endedAt === undefined || createdAt <= endedAt]).toEqual([true, true])
    return {
      ...run,
      lease: leaseUntil > 0,
      hasEnded: endedAt !== undefined,
      turn: (fences.get(run.id) ?? []).indexOf(fence),
    }
  }
  const fenceOf = (id: string, lease: Lease) =>
    (lease === 'none' ? undefined : fences.get(id)?.at(lease === 'last' ? -1 : -2)) ?? Number.MAX_SAFE_INTEGER

  return async (step: Step): Promise<unknown> => {
    switch (step.do) {
      case 'acquire': {
        const { id, owner, anew, maxCrashes } = step
        const run = { id, pipeline: 'p\ud800', data: owner }
        const { fence, created, run: taken } = await store.acquire(run, { owner, leaseMs: HOUR, maxCrashes, anew })
        const known = fences.get(id) ?? []
        if (fence !== null && !known.includes(fence)) {
          expect(fence).toBeGreaterThan(known.at(-1) ?? 0)
          fences.set(id, [...known, fence])
        }
        return { got: fence !== null, created, run: seen(taken) }
      }
      case 'renew':
        return await store.renew(step.id, fenceOf(step.id, step.lease), HOUR)
      case 'expire':
        await expire(step.id)
        return undefined
      case 'release':
        return await store.release(step.id, fenceOf(step.id, step.lease), step.as, step.outcome)
      case 'commit':
        return await store.commit(step.id, fenceOf(step.id, step.lease), step.entries)
      case 'end':
        return await store.end(step.id, fenceOf(step.id, step.lease), step.as, step.outcome)
      case 'get':
      case 'revive':
      case 'delete': {
        const run = await store[step.do](step.id)
        return run && seen(run)
      }
      case 'entries':
        return await store.entries(step.id)
      case 'command': {
        const run = await store.command(step.id, step.command, step.reason)
        return run && seen(run)
      }
      case 'list': {
        const { states, limit } = step
        const filter = states === undefined ? {} : { states }
        const first = await store.list(filter, limit)
        const second = first.next === undefined ? undefined : await store.list(filter, limit, first.next)
        return [first.items.map(seen), second?.items.map(seen)]
      }
      case 'purge':
        return await store.purge(step.statuses, (await store.now()) + HOUR, step.limit)
    }
  }
}

describe.each(kinds)('whatever is asked, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)
  let stores = 0

  test('the answers are those of the store in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const own = `${prefix}:${++stores}`
        let clock = Date.now()
        const now = () => (clock += 1)
        const memory = memoryStore({
          clock: { now, monotonic: now, setTimeout: () => 0, clearTimeout: () => undefined },
        })
        await memory.open()
        const redis = await open({ prefix: own })
        const expected = told(memory, async (id) => {
          // Time goes by for all runs in memory: those of the others are renewed.
          const running = (await memory.list({}, 10)).items.filter(
            ({ status, leaseUntil }) => status === 'running' && leaseUntil > clock,
          )
          clock += 2 * HOUR
          for (const run of running) if (run.id !== id) await memory.renew(run.id, run.fence, HOUR)
        })
        const actual = told(redis, async (id) => {
          if ((await redis.get(id))?.status === 'running') await expire(client(), own, id)
        })
        for (const step of steps) expect(await actual(step), JSON.stringify(step)).toEqual(await expected(step))
        await redis.close()
      }),
      { numRuns: 60 },
    )
  })
})
