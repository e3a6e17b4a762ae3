import type { StoredRun } from '@pipe/state'
import { all } from '../stores/asking.ts'
import { filters, listsAll } from '../stores/lists.ts'
import { stateOf } from '../stores/states.ts'
import type { BrokenStore } from './broken-store.ts'

export const lists: readonly BrokenStore[] = [
  {
    does: 'begins a page after the time at which the last one ended',
    breaks: (sound) => ({
      list: async (filter, limit, after = 'Infinity') => {
        const runs = await all((next) => sound.list(filter, 1_000, next))
        const rest = runs.filter(({ createdAt }) => createdAt < Number(after))
        const items = rest.slice(0, limit)
        return { items, ...(rest.length > limit && { next: `${items.at(-1)!.createdAt}` }) }
      },
    }),
    rule: listsAll,
    says: /in pages of 1, \d runs are listed in another order, or not all of 67 once/,
  },
  {
    does: 'lists the first created first',
    breaks: (sound) => ({
      list: async (filter, limit, after = '0') => {
        const [runs, from] = [(await all((next) => sound.list(filter, 1_000, next))).reverse(), Number(after)]
        const next = from + limit
        return { items: runs.slice(from, next), ...(next < runs.length && { next: `${next}` }) }
      },
    }),
    rule: listsAll,
    says: /runs that were created last are not listed first/,
  },
  {
    does: 'takes what is stalled for running',
    breaks: (sound) => ({
      list: ({ states, ...filter }, limit, after) => {
        const more = states?.includes('running') === true ? [...states, 'stalled' as const] : states
        return sound.list({ ...filter, ...(more !== undefined && { states: more }) }, limit, after)
      },
    }),
    rule: filters,
    says: /with the filter {"states":\["running"\]} the runs are \[.*stalled.*\] instead of \[running, running\]/,
  },
  {
    does: 'lists what is asked to pause by its status',
    breaks: (sound) => ({
      list: async ({ states, ...filter }, limit, after) => {
        const { items, ...rest } = await sound.list(filter, limit, after)
        if (states === undefined) return { ...rest, items }
        const now = await sound.now()
        const isOne = (run: StoredRun) => {
          const state = stateOf(run, now)
          return states.includes(state === 'paused' ? run.status : state)
        }
        return { ...rest, items: items.filter(isOne) }
      },
    }),
    rule: filters,
    says: /with the filter {"states":\["running"\]} the runs are \[paused, .*\] instead of \[running, running\]/,
  },
  {
    does: 'ends a list with the first page that is not full',
    breaks: (sound) => ({
      list: async ({ states, ...filter }, limit, after) => {
        const { items, next } = await sound.list(filter, limit, after)
        const now = await sound.now()
        const found = items.filter((run) => states?.includes(stateOf(run, now)) ?? true)
        return { items: found, ...(next !== undefined && found.length === limit && { next }) }
      },
    }),
    rule: filters,
    says: /with the filter {"states":\["running"\]} the runs are \[\] instead of \[running, running\]/,
  },
  {
    does: 'takes `until` for the last moment',
    breaks: (sound) => ({
      list: (filter, limit, after) =>
        sound.list(filter.until === undefined ? filter : { ...filter, until: filter.until + 1 }, limit, after),
    }),
    rule: filters,
    says: /with the filter {"until":\d+} the runs are/,
  },
]
