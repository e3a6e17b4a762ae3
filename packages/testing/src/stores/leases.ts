import type { NewRun, StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { by, entry, ended, LONG, newRun, SHORT, taken, tells, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'

export const leasesToOne: StoreRule = {
  name: 'gives a run to one owner at a time',
  async check({ store, other }) {
    const run = newRun()
    await taken(store, run)
    const before = await whole(store, run.id)
    const answer = await other.acquire(run, by('second'))
    const todo =
      'refuse a run whose lease is another owner’s and has not run out, with `fence: null` and the run as it is'
    tells(
      answer,
      { fence: null, created: false },
      'when another owner asks for a run that somebody has, the answer',
      todo,
    )
    tells(answer.run, { owner: 'first' }, 'in the answer to the other owner', todo)
    unchanged(await whole(store, run.id), before, 'after another owner was refused', todo)
  },
}

export const givesLapsedOnce: StoreRule = {
  name: 'gives a run whose lease ran out to one of those who ask at the same time, and counts one crash',
  async check({ store, other, pass }) {
    const run = newRun()
    await taken(store, run, by('first', { leaseMs: SHORT }))
    await pass(SHORT + 1)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store : other).acquire(run, by(`owner ${i}`))),
    )
    const todo = 'look whether the lease has run out and take the run in one atomic command of the backend'
    const leases = answers.filter(({ fence }) => fence !== null)
    must(leases.length === 1, `${leases.length} of 20 owners got a run whose lease had run out`, todo)
    tells(await store.get(run.id), { crashes: 1, owner: leases[0]?.run.owner }, 'of that run', todo)
  },
}

export const renews: StoreRule = {
  name: 'extends a lease from the moment it is renewed, to longer or shorter than it was',
  async check({ store, other, pass }) {
    const todo = 'set the end of the lease to the time of the store plus `leaseMs`, in `renew`'
    const run = newRun()
    const fence = await taken(store, run, by('first', { leaseMs: SHORT }))
    must((await store.renew(run.id, fence, LONG)) !== null, 'a good lease is not renewed', todo)
    const [now, until] = [await store.now(), (await store.get(run.id))?.leaseUntil ?? 0]
    await pass(SHORT + 1)
    const { fence: none } = await other.acquire(run, by('second'))
    must(none === null, 'another owner gets a run whose lease was renewed and has not run out', todo)
    must(
      until > now && until <= now + LONG,
      `\`leaseUntil\` of a lease renewed for ${LONG} ms at ${now} or before is ${until}`,
      todo,
    )
    await store.renew(run.id, fence, SHORT)
    await pass(SHORT + 1)
    const { fence: next } = await other.acquire(run, by('second'))
    must(
      next !== null,
      `another owner cannot have a run whose lease was renewed for ${SHORT} ms, which have passed`,
      todo,
    )
  },
}

export const keepsLapsed: StoreRule = {
  name: 'takes a lease that ran out for good as long as nobody else has the run',
  async check({ store, pass }) {
    const todo = 'judge a lease by its token alone: time only says whether others may take the run'
    const uses: Readonly<Record<string, (run: NewRun, fence: number) => Promise<unknown>>> = {
      commit: ({ id }, fence) => store.commit(id, fence, [entry('a', 'a')]),
      renew: async ({ id }, fence) => (await store.renew(id, fence, LONG)) !== null,
      release: ({ id }, fence) => store.release(id, fence, 'blocked', 'why'),
      end: ({ id }, fence) => store.end(id, fence, 'succeeded', ''),
    }
    for (const [method, use] of Object.entries(uses)) {
      const run = newRun()
      const fence = await taken(store, run, by('first', { leaseMs: SHORT }))
      await pass(SHORT + 1)
      must((await use(run, fence)) === true, `${method}() is refused although nobody else took the run`, todo)
    }
  },
}

export const handsBack: StoreRule = {
  name: 'lets anybody take a run that was handed back, at once and without a crash',
  async check({ store, other }) {
    for (const as of ['waiting', 'blocked'] as const) {
      const run = newRun()
      const fence = await taken(store, run)
      await store.commit(run.id, fence, [entry('a', 'a', true)])
      const outcome = as === 'blocked' ? 'why' : undefined
      must(
        await store.release(run.id, fence, as, outcome),
        `a good lease cannot be handed back as ${as}`,
        'answer true',
      )
      const todo = 'set status and outcome, and end the lease'
      tells(await other.get(run.id), { status: as, outcome, leaseUntil: 0, crashes: 0 }, `of a run handed back`, todo)
      const next = await other.acquire(run, by('second', { maxCrashes: 0 }))
      must(next.fence !== null, `a run that was handed back as ${as} cannot be taken`, 'give it to whoever asks')
      const expected = { status: 'running', owner: 'second', crashes: 0, outcome: undefined } as const
      tells(next.run, expected, `of a run that was ${as} and taken`, 'forget why it was blocked; count no crash')
      const { entries } = await whole(store, run.id)
      tells(entries['a'], { value: 'a' }, 'of an entry recorded before the run was handed back', 'keep the entries')
    }
  },
}

/** Lets the lease of a run end in some way, and answers with a token that is good for nothing. */
type Losing = (store: StateStore, run: NewRun, pass: (ms: number) => Promise<void>) => Promise<number>

const losing: Readonly<Record<string, Losing>> = {
  'whose run was taken by another owner': async (store, run, pass) => {
    const fence = await taken(store, run, by('first', { leaseMs: SHORT }))
    await store.commit(run.id, fence, [entry('final', 'a', true), entry('open', 'a')])
    await pass(SHORT + 1)
    await taken(store, run, by('second'))
    return fence
  },
  'that was handed back, and the run taken again': async (store, run) => {
    const fence = await taken(store, run)
    await store.release(run.id, fence, 'waiting')
    await taken(store, run, by('second'))
    return fence
  },
  'that was handed back': async (store, run) => {
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('open', 'a')])
    await store.release(run.id, fence, 'waiting')
    return fence
  },
  'whose run has ended': async (store, run) => ended(store, run, 'succeeded'),
  'whose run is dead': async (store, run, pass) => {
    const fence = await taken(store, run, by('first', { leaseMs: SHORT }))
    await pass(SHORT + 1)
    await store.acquire(run, by('second', { maxCrashes: 0 }))
    return fence
  },
  'whose run began anew': async (store, run) => {
    const fence = await ended(store, run, 'failed')
    await taken(store, run, by('second', { anew: true }))
    return fence
  },
  'whose run was forgotten and created again': async (store, run) => {
    const fence = await ended(store, run, 'succeeded')
    await store.purge(['succeeded'], (await store.now()) + LONG, 1_000)
    await taken(store, run, by('second'))
    return fence
  },
  'that never was': async (store, run) => (await taken(store, run)) + 1,
}

export const fencesOff: StoreRule = {
  name: 'changes nothing for the token of a lease that is not good',
  async check({ store, other, pass }) {
    for (const [which, lose] of Object.entries(losing)) {
      const run = newRun()
      const { id } = run
      const fence = await lose(store, run, pass)
      const before = await whole(store, id)
      // So that a change shows in the times of the run.
      await pass(2)
      const uses: Readonly<Record<string, () => Promise<boolean>>> = {
        commit: () => other.commit(id, fence, [entry('final', 'stale'), entry('open', 'stale'), entry('new', 'stale')]),
        renew: async () => (await other.renew(id, fence, 2 * LONG)) !== null,
        release: () => other.release(id, fence, 'blocked', 'stale'),
        end: () => other.end(id, fence, 'failed', 'stale'),
      }
      for (const [method, use] of Object.entries(uses)) {
        if (method === 'end' && before.run?.status === 'failed') continue
        const what = `${method}() with a token ${which}`
        const todo = `compare the token with that of the run in the same atomic command that writes, in ${method}()`
        must(!(await use()), `${what} is answered as if the lease were good`, todo)
        unchanged(await whole(store, id), before, `after ${what}`, todo)
      }
    }
  },
}

export const raisesFences: StoreRule = {
  name: 'raises the token with every lease of a run, also when it began anew or was forgotten in between',
  async check({ store, other, pass }) {
    const run = newRun()
    const seen: number[] = []
    const take = async (how: string, more: Parameters<typeof by>[1] = {}) => {
      const client = seen.length % 2 === 0 ? store : other
      const fence = await taken(client, run, by(`owner ${seen.length}`, { maxCrashes: 100, ...more }))
      const last = seen.at(-1) ?? 0
      const todo =
        'count tokens for all runs together, or take the time in them, so that they rise though runs are forgotten'
      must(Number.isSafeInteger(fence) && fence > last, `the token of a run ${how} is ${fence} after ${last}`, todo)
      tells(await store.get(run.id), { fence }, `of a run ${how}`, 'tell the token of the last lease in `run.fence`')
      seen.push(fence)
      return fence
    }
    await take('that is new', { leaseMs: SHORT })
    await pass(SHORT + 1)
    const crashed = await take('whose lease ran out')
    await store.release(run.id, crashed, 'waiting')
    const released = await take('that was handed back')
    await store.end(run.id, released, 'failed', '')
    const anew = await take('that began anew', { anew: true })
    await store.end(run.id, anew, 'succeeded', '')
    await pass(2)
    await store.purge(['succeeded'], await store.now(), 1_000)
    must((await store.get(run.id)) === undefined, 'a run that has ended is not forgotten', 'see `purge`')
    const forgotten = await take('that was forgotten and created again')
    await store.end(run.id, forgotten, 'failed', '')
    await store.delete(run.id)
    await take('that was deleted and created again')
  },
}
