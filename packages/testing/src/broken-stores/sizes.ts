import { PipelineError } from '@pipe/core'
import type { Entry, StateStore } from '@pipe/state'
import { all, entriesOf } from '../stores/asking.ts'
import { forgetsManyEntries, keepsLargeCommits, keepsLargeRuns, listsMany } from '../stores/sizes.ts'
import type { BrokenStore, Notes } from './broken-store.ts'

const MIB = 1024 * 1024

const sizeOf = (entries: Iterable<Entry>) => [...entries].reduce((size, { value }) => size + value.length, 0)

/** Notes all but the first 1,000 entries of a run that is forgotten: they turn up in the next run of its id. */
async function leave(sound: StateStore, notes: Notes, id: string): Promise<void> {
  const rest = [...(await entriesOf(sound, id)).values()].slice(1_000)
  if (rest.length > 0) notes.set(id, JSON.stringify(rest))
}

const leftOver = (sound: StateStore, notes: Notes): StateStore['entries'] => {
  return async (id, after) => {
    const { items, next } = await sound.entries(id, after)
    const left = next === undefined && (await sound.get(id)) !== undefined ? notes.get(id) : undefined
    if (left === undefined) return { items, ...(next !== undefined && { next }) }
    return { items: [...items, ...(JSON.parse(left) as readonly Entry[])] }
  }
}

export const sizes: readonly BrokenStore[] = [
  {
    does: 'confirms a commit of more than 8 MiB and keeps nothing of it',
    breaks: (sound) => ({
      commit: (id, fence, entries) => sound.commit(id, fence, sizeOf(entries) > 8 * MIB ? [] : entries),
    }),
    rule: keepsLargeCommits,
    says: /a commit of 12 entries, 12 MiB together, is confirmed, and 0 of them are there/,
  },
  {
    does: 'keeps what came before the place at which a commit is too large, and refuses it',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        if (sizeOf(entries) <= 8 * MIB) return await sound.commit(id, fence, entries)
        await sound.commit(id, fence, entries.slice(0, 8))
        throw new PipelineError('OPTION_INVALID', 'The commit is too large.')
      },
    }),
    rule: keepsLargeCommits,
    says: /a commit of 12 entries, 12 MiB together, is refused, and 8 of them are there/,
  },
  {
    does: 'breaks down when a commit is too large',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        if (sizeOf(entries) > 8 * MIB) throw new Error('Packet too large.')
        return await sound.commit(id, fence, entries)
      },
    }),
    rule: keepsLargeCommits,
    says: /it threw: Packet too large/,
  },
  {
    does: 'keeps nothing more of a run that has 16 MiB',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        const isFull = sizeOf((await entriesOf(sound, id)).values()) >= 16 * MIB
        return await sound.commit(id, fence, isFull ? [] : entries)
      },
    }),
    rule: keepsLargeRuns,
    says: /of 2304 entries, 18 MiB together, 2048 are there, and 2048 are told/,
  },
  {
    does: 'deletes 1,000 entries of a run that is purged',
    breaks: (sound, notes) => ({
      purge: async (statuses, before, limit) => {
        const runs = await all((after) => sound.list({ states: statuses }, 1_000, after))
        for (const { id } of runs) await leave(sound, notes, id)
        return await sound.purge(statuses, before, limit)
      },
      entries: leftOver(sound, notes),
    }),
    rule: forgetsManyEntries,
    says: /a run that was purged has 2001 entries when one was recorded since, of 3000 before/,
  },
  {
    does: 'deletes 1,000 entries of a run that begins anew',
    breaks: (sound, notes) => ({
      acquire: async (run, request) => {
        if (request.anew === true) await leave(sound, notes, run.id)
        return await sound.acquire(run, request)
      },
      entries: leftOver(sound, notes),
    }),
    rule: forgetsManyEntries,
    says: /a run that began anew has 2001 entries when one was recorded since, of 3000 before/,
  },
  {
    does: 'lists the last 500 runs',
    breaks: (sound) => ({
      list: async (filter, limit, after) => {
        const last = new Set((await sound.list({}, 500)).items.map(({ id }) => id))
        const { items, ...rest } = await sound.list(filter, limit, after)
        return { ...rest, items: items.filter(({ id }) => last.has(id)) }
      },
    }),
    rule: listsMany,
    says: /without a filter, 500 of 1200 runs are listed, 500 times/,
  },
]
