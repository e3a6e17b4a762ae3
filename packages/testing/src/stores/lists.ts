import type { NewRun, RunFilter, StateStore, StoredRun } from '@pipe/state'
import { must } from '../finding.ts'
import { all, by, ended, entriesOf, entry, LONG, newRun, SHORT, taken, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'
import type { Stage } from './stage.ts'

const ids = (runs: readonly StoredRun[]) => runs.map(({ id }) => id)

/** So many runs are created at about the same time. */
const CROWD = 60

export const listsAll: StoreRule = {
  name: 'lists each run once, in one order, however many pages there are and however equal their times',
  async check({ store, other, pass }) {
    const pipeline = `check ${crypto.randomUUID()}`
    const batch = async (size: number) => {
      const runs = Array.from({ length: size }, () => newRun({ pipeline }))
      await Promise.all(runs.map((run, i) => taken(i % 2 === 0 ? store : other, run)))
      await pass(2)
      return runs.map(({ id }) => id)
    }
    const [older, newer] = [await batch(CROWD), await batch(7)]
    const whole = await store.list({ pipeline }, 1_000)
    const todo = 'order by the time of creation and by something that no two runs share; begin each page after both'
    must(whole.next === undefined, 'a page that holds all runs says that others follow', 'leave `next` out then')
    const total = CROWD + newer.length
    must(new Set(ids(whole.items)).size === total, `${whole.items.length} runs are listed of ${total}`, todo)
    const first = ids(whole.items).slice(0, newer.length)
    must(
      newer.every((id) => first.includes(id)) && older.every((id) => !first.includes(id)),
      'runs that were created last are not listed first',
      'order by the time of creation, the last first',
    )
    for (const limit of [1, 7, total - 1, total]) {
      const runs = await all(async (after) => {
        const page = await other.list({ pipeline }, limit, after)
        must(page.items.length <= limit, `a page of at most ${limit} has ${page.items.length} runs`, 'heed `limit`')
        return page
      })
      const same = ids(runs).join() === ids(whole.items).join()
      must(
        same,
        `in pages of ${limit}, ${runs.length} runs are listed in another order, or not all of ${total} once`,
        todo,
      )
    }
  },
}

export const filters: StoreRule = {
  name: 'lists the runs that a filter asks for, and no others',
  async check(stage) {
    const { store, other, pass } = stage
    const [mine, yours] = [`check ${crypto.randomUUID()}`, `check ${crypto.randomUUID()}`]
    await everyStatus(stage, mine)
    await pass(5)
    const middle = await store.now()
    await everyStatus(stage, mine)
    await everyStatus(stage, yours)
    const every = [...(await all((after) => store.list({}, 1_000, after)))].filter(({ pipeline }) =>
      [mine, yours].includes(pipeline),
    )
    must(every.length === 24, `without a filter ${every.length} runs are listed of 24`, 'list all runs')
    const now = await store.now()
    const wanted: readonly RunFilter[] = [
      { pipeline: mine },
      { pipeline: yours, statuses: ['running'] },
      { pipeline: mine, statuses: ['waiting', 'blocked'] },
      { pipeline: mine, statuses: ['dead'] },
      { pipeline: mine, statuses: ['succeeded', 'failed', 'cancelled'] },
      { pipeline: mine, statuses: [] },
      { pipeline: mine, stalled: true },
      { pipeline: mine, stalled: false },
      { pipeline: mine, statuses: ['running'], stalled: false },
      { pipeline: mine, statuses: ['waiting'], stalled: true },
      { pipeline: mine, since: middle },
      { pipeline: mine, until: middle },
      { pipeline: mine, since: middle, until: middle },
      { pipeline: mine, since: every[0]!.createdAt, until: every[0]!.createdAt + 1 },
      { pipeline: yours, until: middle },
      { pipeline: mine, since: middle, statuses: ['running', 'succeeded'], stalled: true },
      { pipeline: mine, until: middle, statuses: ['running', 'succeeded'], stalled: false },
      { pipeline: `${mine} ` },
      { statuses: ['dead'], until: middle },
    ]
    for (const filter of wanted) {
      const expected = every.filter((run) => matches(run, filter, now))
      for (const limit of [1_000, 2]) {
        const seen = await all((after) => other.list(filter, limit, after))
        const own = seen.filter(({ pipeline }) => [mine, yours].includes(pipeline))
        must(
          ids(own).join() === ids(expected).join(),
          `with the filter ${JSON.stringify({ ...filter, pipeline: undefined })} the runs are ${told(own)} instead of ${told(expected)}`,
          'list what fits all that the filter says: `since` and later, before `until`; pages hold what fits, too',
        )
      }
    }
  },
}

const told = (runs: readonly StoredRun[]) => `[${runs.map(({ status }) => status).join(', ')}]`

const matches = (run: StoredRun, { pipeline, statuses, stalled, since, until }: RunFilter, now: number) =>
  (pipeline === undefined || run.pipeline === pipeline) &&
  (statuses === undefined || statuses.includes(run.status)) &&
  (stalled === undefined || stalled === (run.status === 'running' && run.leaseUntil <= now)) &&
  (since === undefined || run.createdAt >= since) &&
  (until === undefined || run.createdAt < until)

/** Makes a run of each status, and one that is stalled. */
async function everyStatus({ store, pass }: Stage, pipeline: string): Promise<void> {
  const made = () => newRun({ pipeline })
  await taken(store, made())
  for (const as of ['waiting', 'blocked'] as const) {
    const run = made()
    await store.release(run.id, await taken(store, run), as)
  }
  const [dead, stalled] = [made(), made()]
  await taken(store, dead, by('first', { leaseMs: SHORT }))
  await taken(store, stalled, by('first', { leaseMs: SHORT }))
  await pass(SHORT + 1)
  await store.acquire(dead, by('second', { maxCrashes: 0 }))
  for (const as of ['succeeded', 'failed', 'cancelled'] as const) await ended(store, made(), as)
}

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
    await everyStatus(stage, pipeline)
    await pass(2)
    const statuses = async () => {
      const runs = await all((after) => store.list({ pipeline }, 1_000, after))
      return runs.map((run) => run.status).sort()
    }
    const before = await statuses()
    const soon = (await store.now()) + LONG
    const todo = 'forget what has ended and has one of the statuses, in one atomic command'
    must((await other.purge([], soon, 1_000)) === 0, 'something is forgotten when no status is asked for', todo)
    must((await other.purge(['failed'], soon, 1_000)) === 1, 'of one failed run, not one is forgotten', todo)
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
    must(count === 2, `${count} runs are said to be forgotten when 2 are`, 'answer with how many were forgotten')
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
