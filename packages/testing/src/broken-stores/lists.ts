import type { StateStore } from '@pipe/state'
import { all, entriesOf } from '../stores/asking.ts'
import { filters, listsAll, purgesEndedOnly, purgesEntries, purgesOldestFirst } from '../stores/lists.ts'
import type { BrokenStore, Notes } from './broken-store.ts'
import { told } from './changed.ts'

const everything = (sound: StateStore) => all((after) => sound.list({}, 1_000, after))

/** Runs are forgotten by noting them; who asks for one of them gets a new one. */
function forgetful(sound: StateStore, notes: Notes): Partial<StateStore> {
  const changed = told(sound, (run) => (notes.has(run.id) ? undefined : run))
  return {
    ...changed,
    acquire: (run, request) => sound.acquire(run, notes.delete(run.id) ? { ...request, anew: true } : request),
  }
}

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
    does: 'does not look for stalled runs',
    breaks: (sound) => ({
      list: ({ stalled: _, ...filter }, limit, after) => sound.list(filter, limit, after),
    }),
    rule: filters,
    says: /with the filter {"stalled":true} the runs are \[.*\] instead of \[running, running\]/,
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
  {
    does: 'forgets runs that somebody has',
    breaks: (sound, notes) => ({
      ...forgetful(sound, notes),
      purge: async (statuses, before, limit) => {
        for (const { id, status } of await everything(sound)) if (status === 'running') notes.set(id, '')
        return await sound.purge(statuses, before, limit)
      },
    }),
    rule: purgesEndedOnly,
    says: /after failed runs were forgotten, there are blocked,cancelled,dead,succeeded,waiting of .*running/,
  },
  {
    does: 'forgets all at once, however many it may',
    breaks: (sound) => ({ purge: (statuses, before) => sound.purge(statuses, before, 1_000) }),
    rule: purgesOldestFirst,
    says: /xxxxxx become ----xx by a purge of 2 instead of --xxxx/,
  },
  {
    does: 'forgets what ended last first',
    breaks: (sound, notes) => ({
      ...forgetful(sound, notes),
      purge: async (statuses, before, limit) => {
        const runs = (await everything(sound)).filter(({ id }) => !notes.has(id))
        const asked = runs.filter(({ status }) => statuses.some((one) => one === status))
        const ended = asked.filter(({ endedAt = Infinity }) => endedAt < before)
        const gone = ended.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0)).slice(0, limit)
        for (const { id } of gone) notes.set(id, '')
        return gone.length
      },
    }),
    rule: purgesOldestFirst,
    says: /xxxxxx become xx--xx by a purge of 2 instead of --xxxx/,
  },
  {
    does: 'forgets a run and keeps its entries',
    breaks: (sound, notes) => ({
      purge: async (statuses, before, limit) => {
        for (const { id } of await everything(sound)) {
          const entries = [...(await entriesOf(sound, id)).values()]
          if (entries.length > 0) notes.set(id, JSON.stringify(entries))
        }
        return await sound.purge(statuses, before, limit)
      },
      entries: async (id, after) => {
        const left = (await sound.get(id)) === undefined ? notes.get(id) : undefined
        if (left === undefined) return await sound.entries(id, after)
        return { items: JSON.parse(left) as readonly { key: string; value: string; final: boolean }[] }
      },
    }),
    rule: purgesEntries,
    says: /entries of a run that was forgotten are still there/,
  },
]
