import type { Entry, StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { turn } from '../turn.ts'
import { all, entriesOf, entry, newRun, taken, tells, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'

export const keepsFirstFinal: StoreRule = {
  name: 'keeps the first final entry of a key, whatever comes later',
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('a', 'first', true), entry('b', 'draft')])
    await store.commit(run.id, fence, [entry('b', 'first', true)])
    for (const final of [true, false]) {
      const answer = await other.commit(run.id, fence, [entry('a', 'later', final), entry('b', 'later', final)])
      must(answer, 'a commit by the owner is refused since an entry is final', 'answer true: the lease is good')
    }
    const { entries } = await whole(store, run.id)
    const todo = 'insert an entry, and replace only one that is not final, in one atomic command'
    for (const key of ['a', 'b']) {
      tells(entries[key], { value: 'first', final: true }, 'after a later entry with the key of a final one', todo)
    }
  },
}

export const replacesOthers: StoreRule = {
  name: 'replaces entries that are not final, in the order in which they come, also within one commit',
  async check({ store }) {
    const run = newRun()
    const fence = await taken(store, run)
    const todo = 'record the entries of a commit one after the other'
    await store.commit(run.id, fence, [entry('a', '1'), entry('b', 'b')])
    await store.commit(run.id, fence, [entry('a', '2')])
    const first = await whole(store, run.id)
    tells(first.entries['a'], { value: '2', final: false }, 'after an entry that is not final was replaced', todo)
    tells(first.entries['b'], { value: 'b', final: false }, 'after another entry was replaced', todo)
    const several = [entry('a', '3'), entry('c', '1'), entry('c', '2', true), entry('a', '4'), entry('c', '3', true)]
    await store.commit(run.id, fence, several)
    const { entries } = await whole(store, run.id)
    must(
      Object.keys(entries).length === 3,
      `3 keys have ${Object.keys(entries).length} entries`,
      'keep one entry a key',
    )
    tells(entries['a'], { value: '4', final: false }, 'after two entries with one key in one commit', todo)
    tells(entries['c'], { value: '2', final: true }, 'after one commit of three entries with one key', todo)
  },
}

/** So many times a pair of entries is written while others read it. */
const PAIRS = 50

export const showsWhole: StoreRule = {
  name: 'shows all of a commit or nothing, to whoever reads at the same time',
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    let written = 0
    const write = async () => {
      for (; written < PAIRS; written++) {
        await store.commit(run.id, fence, [entry('left', `${written}`), entry('right', `${written}`)])
      }
    }
    const read = async () => {
      for (let reads = 1; written < PAIRS; reads++) {
        // A store that reads without waiting for anything must not keep the writer from its turn.
        if (reads % 10 === 0) await turn()
        // A page is read at once; a store with pages of one entry shows no pairs.
        const { items } = await other.entries(run.id)
        const values = new Set(items.map(({ value }) => value))
        must(
          items.length === 0 || items.length === 1 || values.size === 1,
          `a reader sees ${items.map(({ key, value }) => `${key} ${value}`).join(' and ')}, which were committed together`,
          'write all entries of a commit in one transaction or script, and read a page in one',
        )
        must(items.length !== 1, 'a reader sees one of two entries that were committed together', 'as above')
      }
    }
    await Promise.all([write(), read()])
  },
}

/** So many entries a run has. */
const MANY = 10_000

export const tellsAllEntries: StoreRule = {
  name: `tells ${MANY} entries of a run, each once, page by page`,
  async check({ store, other }) {
    const [run, neighbour] = [newRun(), newRun()]
    const fence = await taken(store, run)
    await store.commit(neighbour.id, await taken(store, neighbour), [entry('neighbour', 'n')])
    for (let from = 0; from < MANY; from += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, i) => entry(`step[${from + i}]`, `${from + i}`, i % 2 === 0))
      await store.commit(run.id, fence, some)
    }
    const told = await all((after) => other.entries(run.id, after))
    const seen = new Map(told.map((one) => [one.key, one]))
    const todo = 'begin each page after the last entry of the one before, in an order that no two entries share'
    must(told.length === seen.size, `${told.length - seen.size} entries are told twice`, todo)
    must(seen.size === MANY, `${seen.size} entries are told of ${MANY}`, todo)
    for (let i = 0; i < MANY; i++) {
      tells(seen.get(`step[${i}]`), { value: `${i}`, final: i % 2 === 0 }, `of entry ${i}`, todo)
    }
  },
}

/** So many runs are written at the same time. */
const CROWD = 60

export const keepsRunsApart: StoreRule = {
  name: `keeps ${CROWD} runs at once apart`,
  async check({ store, other }) {
    const runs = Array.from({ length: CROWD }, (_, i) => newRun({ data: `data ${i}` }))
    await Promise.all(runs.map((run, i) => life(i % 2 === 0 ? store : other, run, i)))
    const todo = 'keep what is known of a run by its id, and nothing between two calls'
    for (const [i, run] of runs.entries()) {
      const { run: seen, entries } = await whole(store, run.id)
      const expected = { data: `data ${i}`, status: 'succeeded', outcome: `outcome ${i}`, command: 'pause' } as const
      tells(seen, { ...expected, reason: `reason ${i}` }, `of run ${i} of ${CROWD}`, todo)
      const values = Object.values(entries).map(({ value }) => value)
      const own = values.length === 3 && values.every((value) => value === `value ${i}`)
      must(own, `run ${i} of ${CROWD} has the entries ${values.join(', ')}`, todo)
    }
  },
}

async function life(store: StateStore, run: ReturnType<typeof newRun>, i: number): Promise<void> {
  const fence = await taken(store, run)
  for (const key of ['a', 'b', 'c']) await store.commit(run.id, fence, [entry(key, `value ${i}`, true)])
  await store.command(run.id, 'pause', `reason ${i}`)
  await store.end(run.id, fence, 'succeeded', `outcome ${i}`)
}

export const handsOutCopies: StoreRule = {
  name: 'keeps what it has when the caller changes what it got or gave',
  async check({ store }) {
    const run = newRun()
    const fence = await taken(store, run)
    const given: Writable<Entry> = entry('a', 'kept')
    await store.commit(run.id, fence, [given])
    await store.renew(run.id, fence, 60_000)
    const before = structuredClone(await whole(store, run.id))
    given.value = 'changed'
    const handedOut: unknown[] = [
      await store.get(run.id),
      (await store.entries(run.id)).items[0],
      (await store.list({}, 10)).items[0],
      await store.revive(run.id),
      (await store.acquire(run, { owner: 'first', leaseMs: 1_000, maxCrashes: 0 })).run,
    ]
    for (const one of handedOut) {
      // What is frozen cannot be changed, which is as good as a copy.
      if (!Object.isFrozen(one)) Object.assign(one as object, { value: 'changed', data: 'changed', status: 'changed' })
    }
    const after = await whole(store, run.id)
    const kept = after.run?.data === before.run?.data && after.run?.status === before.run?.status
    const todo = 'keep copies, and hand out copies or frozen objects'
    must(kept && after.entries['a']?.value === 'kept', 'an object that it gave or got is the one it keeps', todo)
    must((await entriesOf(store, run.id)).size === 1, 'there are entries that nobody committed', todo)
  },
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }
