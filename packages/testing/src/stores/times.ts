import type { RunFilter, StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { all, by, entry, LONG, newRun, SHORT, taken, tells, unchanged, whole, type Whole } from './asking.ts'
import type { StoreRule } from './rule.ts'
import type { Stage } from './stage.ts'

/** So often a lease is renewed. */
const OFTEN = 300

export const renewsOften: StoreRule = {
  name: `renews a lease ${OFTEN} times and more`,
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    for (let i = 1; i <= OFTEN; i++) {
      const renewed = await (i % 2 === 0 ? store : other).renew(run.id, fence, LONG)
      must(
        renewed !== null,
        `a lease that is good is not renewed the ${i}th time`,
        'renew it as long as its token is the last one of the run',
      )
    }
    tells(
      await other.get(run.id),
      { status: 'running', owner: 'first', fence, crashes: 0 },
      'after that, of it',
      'as above',
    )
  },
}

/** How long leases are, ms: an hour, a day and a half, 90 days; more than the timers of a platform, or 32 bits, can hold. */
const LEASES = [LONG, 36 * LONG, 90 * 24 * LONG]

const isStalled = async (store: StateStore, id: string) =>
  (await all((after) => store.list({ states: ['stalled'] }, 1_000, after))).some((run) => run.id === id)

export const leasesAsLongAsAsked: StoreRule = {
  name: 'leases a run for as long as was asked, be it 90 days',
  async check({ backend, store, other, pass }) {
    const todo = 'take `leaseMs` as it is: no limit of your own, and no number of 32 bits'
    for (const leaseMs of LEASES) {
      for (const way of ['acquire', 'renew'] as const) {
        const run = newRun()
        const start = await store.now()
        const fence = await taken(store, run, by('first', { leaseMs: way === 'acquire' ? leaseMs : SHORT }))
        if (way === 'renew') await store.renew(run.id, fence, leaseMs)
        const [end, until] = [await store.now(), (await other.get(run.id))?.leaseUntil ?? 0]
        must(
          until >= start + leaseMs && until <= end + leaseMs,
          `a lease that \`${way}\` was asked for, of ${leaseMs} ms at ${end} or before, is until ${until}`,
          todo,
        )
        if (backend.advance === undefined) continue
        await pass(leaseMs / 2)
        const early = await other.acquire(run, by('second'))
        const lapsed = await isStalled(other, run.id)
        must(
          early.fence === null && !lapsed,
          `a lease of ${leaseMs} ms, by \`${way}\`, has run out after half of it`,
          todo,
        )
        await pass(leaseMs / 2 + 1)
        const late = await other.acquire(run, by('second'))
        must(late.fence !== null, `a lease of ${leaseMs} ms, by \`${way}\`, has not run out after it`, todo)
        await store.end(run.id, late.fence, 'succeeded', '')
      }
    }
  },
}

export const keepsLivingRuns: StoreRule = {
  name: 'keeps a run, with all that is known of it, for as long as its lease is renewed, if hours can pass',
  async check({ backend, store, other, pass }) {
    if (backend.advance === undefined) return
    const pipeline = `check ${crypto.randomUUID()}`
    const run = newRun({ pipeline })
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('a', 'a', true), entry('b', 'b')])
    const before = await whole(store, run.id)
    const todo = 'let nothing of a run that has not ended expire, whatever last changed of it'
    for (let halves = 1; halves <= 50; halves++) {
      await pass(LONG / 2)
      const when = `of a run whose lease is renewed every half of an hour, after ${halves / 2} h`
      must((await store.renew(run.id, fence, LONG)) !== null, `${when}, the lease is lost`, todo)
      const { run: seen, entries } = await whole(other, run.id)
      const { leaseUntil } = before.run!
      unchanged({ run: seen && { ...seen, leaseUntil }, entries }, before, when, todo)
      const { items } = await other.list({ pipeline, states: ['running'] }, 10)
      must(items.length === 1, `${when}, the run is not listed`, todo)
    }
    must(await store.commit(run.id, fence, [entry('c', 'c')]), 'after a day, a commit by the owner is refused', todo)
    must((await whole(other, run.id)).entries['c'] !== undefined, 'after a day, a commit by the owner is lost', todo)
  },
}

/** So long nobody asks for a run, ms: longer than a year. */
const AGES = 400 * 24 * LONG

/** Runs that nobody has, each with entries, by what they are. */
async function forsaken({ store, pass }: Stage, pipeline: string): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  for (const what of ['waiting', 'blocked', 'paused', 'stalled', 'dead', 'succeeded'] as const) {
    const run = newRun({ pipeline })
    ids.set(what, run.id)
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('a', what, true)])
    if (what === 'paused') await store.command(run.id, 'pause', 'for the night')
    if (what === 'succeeded') await store.end(run.id, fence, 'succeeded', 'the outcome')
    else if (what === 'stalled' || what === 'dead') await store.renew(run.id, fence, SHORT)
    else await store.release(run.id, fence, what === 'blocked' ? 'blocked' : 'waiting')
    if (what === 'dead') {
      await pass(SHORT + 1)
      await store.acquire(run, by('second', { maxCrashes: 0 }))
    }
  }
  await pass(SHORT + 1)
  return ids
}

export const keepsForsakenRuns: StoreRule = {
  name: 'keeps and lists what nobody has, however long nobody asks for it, if that can be tried',
  async check(stage) {
    const { backend, store, other, pass } = stage
    if (backend.advance === undefined) return
    const pipeline = `check ${crypto.randomUUID()}`
    const ids = await forsaken(stage, pipeline)
    const known = new Map<string, Whole>()
    for (const [what, id] of ids) known.set(what, await whole(store, id))
    const listed = async (filter: RunFilter = {}) =>
      (await other.list({ pipeline, ...filter }, 100)).items.map(({ id }) => id).join()
    const before = [await listed({ states: ['stalled'] }), await listed()]
    const todo = 'keep and list every run until it is purged, or begins anew: nothing of it expires'
    for (const [when, ms] of Object.entries({ 'after 11 minutes': 660_000, 'after 400 days': AGES })) {
      await pass(ms)
      for (const [what, id] of ids)
        unchanged(await whole(other, id), known.get(what)!, `${when}, of a run that is ${what}`, todo)
      must(
        (await listed({ states: ['stalled'] })) === before[0],
        `${when}, a run whose lease ran out is not listed as stalled`,
        todo,
      )
      must((await listed()) === before[1], `${when}, a run that nobody has is not listed`, todo)
    }
    const run = newRun({ id: ids.get('stalled')!, pipeline })
    const { fence, run: seen } = await other.acquire(run, by('second'))
    must(fence !== null, 'a run whose lease ran out long ago is given to nobody', todo)
    tells(seen, { status: 'running', owner: 'second', crashes: 1 }, 'of a run whose lease ran out long ago', todo)
  },
}
