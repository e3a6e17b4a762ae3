import type { NewRun, StateStore } from '@pipe/state'
import { differences, shown } from '../checks/differences.ts'
import { must } from '../finding.ts'
import { all, by, ended, entriesOf, entry, LONG, newRun, taken, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'
import type { Stage } from './stage.ts'
import { everyState } from './states.ts'

/** Ends runs one after the other, each a little later. */
async function endedOneByOne({ store, pass }: Stage, count: number): Promise<NewRun[]> {
  const runs = Array.from({ length: count }, () => newRun())
  for (const run of runs) {
    await ended(store, run, 'succeeded')
    await pass(2)
  }
  return runs
}

const known = async (store: StateStore, runs: readonly NewRun[]) =>
  (await Promise.all(runs.map(async ({ id }) => ((await store.get(id)) === undefined ? '-' : 'x')))).join('')

/** How many runs are known. */
const countOf = (marks: string) => marks.replaceAll('-', '').length

export const purgesEndedOnly: StoreRule = {
  name: 'forgets runs that have ended with a status that is asked for, and no others',
  async check(stage) {
    const { store, other, pass } = stage
    const pipeline = `check ${crypto.randomUUID()}`
    await everyState(stage, pipeline)
    await pass(2)
    const statuses = async () => {
      const runs = await all((after) => store.list({ pipeline }, 1_000, after))
      return runs.map((run) => run.status).sort()
    }
    const before = await statuses()
    const soon = (await store.now()) + LONG
    const todo = 'forget what has ended and has one of the statuses, in one atomic command'
    must((await other.purge([], soon, 1_000)) === 0, 'something is forgotten when no status is asked for', todo)
    must((await other.purge(['failed'], soon, 1_000)) === 3, 'of three failed runs, not three are forgotten', todo)
    const seen = await statuses()
    const left = before.filter((status) => status !== 'failed')
    must(
      seen.join() === left.join(),
      `after failed runs were forgotten, there are ${seen.join()} of ${before.join()}`,
      todo,
    )
    const count = await other.purge(['succeeded', 'failed', 'cancelled'], soon, 1_000)
    const rest = await statuses()
    const alive = left.filter((status) => status !== 'succeeded' && status !== 'cancelled')
    must(count === 6, `${count} runs are said to be forgotten when 6 are`, 'answer with how many were forgotten')
    must(
      rest.join() === alive.join(),
      `after all that ended was forgotten, there are ${rest.join()} of ${before.join()}`,
      todo,
    )
  },
}

export const purgesOldestFirst: StoreRule = {
  name: 'forgets those first that ended first, at most as many as it is asked to, and none that ended later',
  async check(stage) {
    const { store, other } = stage
    const runs = await endedOneByOne(stage, 6)
    const middle = (await store.get(runs[4]!.id))?.endedAt ?? 0
    const todo = 'order by `endedAt`, take `limit` of those that ended before `before`, and forget them'
    const steps = [
      [2, '--xxxx'],
      [1, '---xxx'],
      [1_000, '----xx'],
      [1_000, '----xx'],
    ] as const
    let left = 'xxxxxx'
    for (const [limit, expected] of steps) {
      const count = await other.purge(['succeeded'], middle, limit)
      const seen = await known(store, runs)
      const when = `of 6 runs that ended one after the other, the last two not before \`before\`,`
      must(seen === expected, `${when} ${left} become ${seen} by a purge of ${limit} instead of ${expected}`, todo)
      const gone = countOf(left) - countOf(expected)
      must(count === gone, `a purge of ${limit} answers ${count} when ${gone} were forgotten`, todo)
      left = seen
    }
  },
}

export const purgesEntries: StoreRule = {
  name: 'forgets the entries of a run with the run',
  async check({ store, other, pass }) {
    const run = newRun()
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('a', 'a', true), entry('b', 'b')])
    await store.end(run.id, fence, 'succeeded', '')
    await pass(2)
    await store.purge(['succeeded'], await store.now(), 10)
    const todo = 'delete entries and run in one atomic command'
    must((await other.get(run.id)) === undefined, 'a run that was forgotten is still there', todo)
    must((await entriesOf(other, run.id)).size === 0, 'entries of a run that was forgotten are still there', todo)
    const { created } = await store.acquire(run, by('second'))
    must(created, 'a run that was forgotten and is asked for is not created', todo)
    const { entries } = await whole(other, run.id)
    must(Object.keys(entries).length === 0, 'a run that was forgotten and created again has its old entries', todo)
  },
}

const DELETE = 'look whether the run has ended and forget it, with its entries, in one atomic command'

export const deletesEnded: StoreRule = {
  name: 'forgets a run that has ended when it is told to delete it, with its entries, and no other',
  async check({ store, other }) {
    const pipeline = `check ${crypto.randomUUID()}`
    for (const as of ['succeeded', 'failed', 'cancelled'] as const) {
      const [run, beside] = [newRun({ pipeline }), newRun({ pipeline })]
      for (const one of [run, beside]) {
        const fence = await taken(store, one)
        await store.commit(one.id, fence, [entry('a', 'a', true), entry('b', 'b')])
        await store.end(one.id, fence, as, 'why')
      }
      const before = await whole(other, beside.id)
      for (const client of [other, store]) {
        const answer = await client.delete(run.id)
        must(answer === undefined, `to delete a run that has ${as} answers ${shown(answer)}`, 'answer `undefined`')
        must((await store.get(run.id)) === undefined, `a run that has ${as} and was deleted is still there`, DELETE)
        const left = (await entriesOf(store, run.id)).size
        must(left === 0, `${left} entries of a run that was deleted are still there`, DELETE)
        const { items } = await store.list({ pipeline, states: [as] }, 10)
        must(!items.some(({ id }) => id === run.id), 'a run that was deleted is still listed', DELETE)
      }
      unchanged(await whole(store, beside.id), before, 'after another run was deleted', DELETE)
      const { created } = await store.acquire(run, by('second'))
      must(created, 'a run that was deleted and is asked for is not created', DELETE)
      const { entries } = await whole(other, run.id)
      must(Object.keys(entries).length === 0, 'a run that was deleted and created again has its old entries', DELETE)
      await store.delete(run.id)
      must((await other.get(run.id)) !== undefined, 'a run that was created again is deleted while it runs', DELETE)
    }
  },
}

export const deletesEndedOnly: StoreRule = {
  name: 'keeps a run that has not ended when it is told to delete it, whatever it is doing, and answers with it',
  async check(stage) {
    const { store, other } = stage
    const pipeline = `check ${crypto.randomUUID()}`
    await everyState(stage, pipeline)
    const { items } = await store.list({ pipeline }, 1_000)
    for (const { id, status, command } of items.filter(({ endedAt }) => endedAt === undefined)) {
      const before = await whole(store, id)
      const answer = await other.delete(id)
      const when = `after \`delete\` of a run that is ${status} and asked to ${command}`
      unchanged(await whole(store, id), before, when, DELETE)
      const told = answer === undefined ? 'no run' : differences(answer, before.run ?? {})
      must(told === '', `${when}, the answer is not the run: ${told}`, 'answer with the run as it is')
    }
  },
}
