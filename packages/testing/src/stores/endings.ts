import type { EndStatus, NewRun, StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { by, ended, entry, newRun, taken, tells, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'

const ENDS: readonly EndStatus[] = ['succeeded', 'failed', 'cancelled']

export const endsForGood: StoreRule = {
  name: 'ends a run once and for all',
  async check({ store, other, pass }) {
    const todo = 'refuse whatever has ended in the same atomic command that would change it'
    for (const as of ENDS) {
      const run = newRun()
      const { id } = run
      const fence = await taken(store, run)
      await store.commit(id, fence, [entry('a', 'a', true)])
      must(await store.end(id, fence, as, 'the outcome'), `a run cannot be ended as ${as} by its owner`, 'answer true')
      const when = `of a run that has ${as}`
      tells(await store.get(id), { status: as, outcome: 'the outcome', leaseUntil: 0, fence }, when, 'see `StoredRun`')
      tells(await store.get(id), { owner: 'first', crashes: 0 }, when, 'keep who had the run')
      const before = await whole(other, id)
      await pass(2)
      for (const next of ENDS.filter((status) => status !== as)) {
        const again = await other.end(id, fence, next, 'another')
        must(!again, `a run that has ${as} is ended as ${next}`, todo)
      }
      must(!(await other.release(id, fence, 'waiting')), `a run that has ${as} is handed back`, todo)
      must(!(await other.commit(id, fence, [entry('b', 'b')])), `something is recorded of a run that has ${as}`, todo)
      must((await other.renew(id, fence, 1_000)) === null, `the lease of a run that has ${as} is renewed`, todo)
      for (const owner of ['first', 'second']) {
        const answer = await other.acquire(run, by(owner))
        tells(
          answer,
          { fence: null, created: false },
          `in the answer to ${owner} who asks for a run that has ${as}`,
          todo,
        )
        tells(answer.run, { status: as, outcome: 'the outcome' }, `when ${owner} asks for a run that has ${as}`, todo)
      }
      await other.command(id, 'cancel', 'late')
      await other.revive(id)
      unchanged(await whole(store, id), before, `after all that was asked of a run that has ${as}`, todo)
    }
  },
}

/** Makes a call twice, as one does whose answer was lost, and ends the check unless the second answers and changes nothing. */
async function twice(
  store: StateStore,
  { id }: NewRun,
  call: (client: StateStore) => Promise<unknown>,
  [other, pass]: readonly [StateStore, (ms: number) => Promise<void>],
  what: string,
): Promise<void> {
  const todo = `let ${what} succeed when it finds its own work done: the same token, and the same status or entries`
  must((await call(store)) === true, `${what} by the owner is refused`, todo)
  const before = await whole(store, id)
  await pass(2)
  must(
    (await call(other)) === true,
    `${what}, called again since the answer was lost, is answered as if it had failed`,
    todo,
  )
  const after = await whole(store, id)
  // Whether a commit that changes nothing is a change is left open.
  const { run } = after
  const same = run === undefined || before.run === undefined ? run : { ...run, updatedAt: before.run.updatedAt }
  unchanged({ ...after, run: same }, before, `after ${what} was called twice`, todo)
}

export const acquiresAgain: StoreRule = {
  name: 'gives an owner that asks again, since the answer was lost, the lease that it has',
  async check({ store, other, pass }) {
    for (const anew of [false, true]) {
      const run = newRun()
      if (anew) await ended(store, run, 'failed')
      const { fence } = await store.acquire(run, by('first', { anew }))
      await store.commit(run.id, fence ?? 1, [entry('a', 'a')])
      const before = await whole(store, run.id)
      await pass(2)
      const again = await other.acquire(run, by('first', { anew }))
      const todo = 'answer with the token of the lease when the owner is the one that has it, and change nothing'
      tells(
        again,
        { fence, created: false },
        `when an owner asks again${anew ? ' for a run anew' : ''}, the answer`,
        todo,
      )
      unchanged(await whole(store, run.id), before, 'after an owner asked again', todo)
    }
  },
}

export const releasesAgain: StoreRule = {
  name: 'does what it did when `release` is called again',
  async check({ store, other, pass }) {
    for (const as of ['waiting', 'blocked'] as const) {
      const run = newRun()
      const fence = await taken(store, run)
      const call = (client: StateStore) => client.release(run.id, fence, as, as === 'blocked' ? 'why' : undefined)
      await twice(store, run, call, [other, pass], 'release()')
    }
  },
}

export const endsAgain: StoreRule = {
  name: 'does what it did when `end` is called again',
  async check({ store, other, pass }) {
    for (const as of ENDS) {
      const run = newRun()
      const fence = await taken(store, run)
      await twice(store, run, (client) => client.end(run.id, fence, as, 'why'), [other, pass], 'end()')
    }
  },
}

export const commitsAgain: StoreRule = {
  name: 'does what it did when `commit` is called again',
  async check({ store, other, pass }) {
    const run = newRun()
    const fence = await taken(store, run)
    const entries = [entry('a', 'a', true), entry('b', 'b'), entry('c', '', true)]
    await twice(store, run, (client) => client.commit(run.id, fence, entries), [other, pass], 'commit()')
    await twice(store, run, (client) => client.commit(run.id, fence, []), [other, pass], 'commit() of nothing')
  },
}

export const readsItsWrites: StoreRule = {
  name: 'reads what was written as soon as the answer is there, with every client',
  async check({ store, other }) {
    const todo = 'read from where the writes go: no replica that lags, no cache'
    for (let round = 0; round < 20; round++) {
      const run = newRun({ pipeline: `check ${crypto.randomUUID()}` })
      const both = async (see: (client: StateStore) => Promise<void>) => {
        for (const client of [other, store]) await see(client)
      }
      const fence = await taken(store, run)
      await both(async (client) => tells(await client.get(run.id), { owner: 'first' }, 'right after `acquire`', todo))
      await both(async (client) => {
        const { items } = await client.list({ pipeline: run.pipeline }, 10)
        must(items.length === 1, 'right after `acquire`, the run is not in the list', todo)
      })
      await store.commit(run.id, fence, [entry('a', `${round}`)])
      await both(async (client) => {
        const { entries } = await whole(client, run.id)
        tells(entries['a'], { value: `${round}` }, 'right after `commit`, of the entry', todo)
      })
      await store.command(run.id, 'pause', 'why')
      await both(async (client) => tells(await client.get(run.id), { command: 'pause' }, 'right after `command`', todo))
      await store.end(run.id, fence, 'succeeded', 'done')
      await both(async (client) => tells(await client.get(run.id), { outcome: 'done' }, 'right after `end`', todo))
    }
  },
}
