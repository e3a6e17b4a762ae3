import { RUN_STATES, type RunFilter, type StoredRun } from '@pipe/state'
import { must } from '../finding.ts'
import { all, newRun, taken } from './asking.ts'
import type { StoreRule } from './rule.ts'
import { everyState, stateOf } from './states.ts'

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
    await everyState(stage, mine)
    await pass(5)
    const middle = await store.now()
    await everyState(stage, mine)
    await everyState(stage, yours)
    const every = [...(await all((after) => store.list({}, 1_000, after)))].filter(({ pipeline }) =>
      [mine, yours].includes(pipeline),
    )
    must(every.length === 72, `without a filter ${every.length} runs are listed of 72`, 'list all runs')
    const now = await store.now()
    const wanted: readonly RunFilter[] = [
      { pipeline: mine },
      ...RUN_STATES.map((state) => ({ pipeline: mine, states: [state] })),
      { pipeline: yours, states: ['waiting', 'blocked', 'stalled'] },
      { pipeline: yours, states: ['paused', 'cancelling', 'running', 'stalled'] },
      { pipeline: mine, states: ['succeeded', 'failed', 'cancelled', 'cancelling'] },
      { pipeline: mine, states: RUN_STATES },
      { pipeline: mine, states: ['dead', 'paused', 'dead'] },
      { pipeline: mine, states: [] },
      { pipeline: mine, since: middle },
      { pipeline: mine, until: middle },
      { pipeline: mine, since: middle, until: middle },
      { pipeline: mine, since: every[0]!.createdAt, until: every[0]!.createdAt + 1 },
      { pipeline: yours, until: middle },
      { pipeline: mine, since: middle, states: ['stalled', 'succeeded'] },
      { pipeline: mine, until: middle, states: ['running', 'paused'] },
      { pipeline: `${mine} ` },
      { states: ['dead', 'stalled'], until: middle },
    ]
    for (const filter of wanted) {
      const expected = every.filter((run) => matches(run, filter, now))
      for (const limit of [1_000, 5]) {
        const seen = await all((after) => other.list(filter, limit, after))
        const own = seen.filter(({ pipeline }) => [mine, yours].includes(pipeline))
        must(
          ids(own).join() === ids(expected).join(),
          `with the filter ${JSON.stringify({ ...filter, pipeline: undefined })} the runs are ${told(own, now)} instead of ${told(expected, now)}`,
          'list what fits all that the filter says, by `RunState` at the time of the store, `since` and later, before `until`; pages hold what fits, too',
        )
      }
    }
  },
}

const told = (runs: readonly StoredRun[], now: number) => `[${runs.map((run) => stateOf(run, now)).join(', ')}]`

const matches = (run: StoredRun, { pipeline, states, since, until }: RunFilter, now: number) =>
  (pipeline === undefined || run.pipeline === pipeline) &&
  (states === undefined || states.includes(stateOf(run, now))) &&
  (since === undefined || run.createdAt >= since) &&
  (until === undefined || run.createdAt < until)
