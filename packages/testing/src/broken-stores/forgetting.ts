import type { Entry, StateStore, StoredRun } from '@pipe/state'
import { all, entriesOf } from '../stores/asking.ts'
import { tellsWhatItKnows } from '../stores/creation.ts'
import {
  deletesEnded,
  deletesEndedOnly,
  purgesEndedOnly,
  purgesEntries,
  purgesOldestFirst,
} from '../stores/forgetting.ts'
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

export const forgetting: readonly BrokenStore[] = [
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
    says: /after failed runs were forgotten, there are (blocked,){3}(cancelled,){3}(dead,){3}(succeeded,){3}(waiting,?){3} of .*running/,
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
  {
    does: 'deletes a run and keeps its entries',
    breaks: (sound, notes) => ({
      delete: async (id) => {
        const entries = [...(await entriesOf(sound, id)).values()]
        const run = await sound.delete(id)
        if (run === undefined && entries.length > 0) notes.set(id, JSON.stringify(entries))
        return run
      },
      entries: async (id, after) => {
        const left = (await sound.get(id)) === undefined ? notes.get(id) : undefined
        return left === undefined ? await sound.entries(id, after) : { items: JSON.parse(left) as readonly Entry[] }
      },
    }),
    rule: deletesEnded,
    says: /2 entries of a run that was deleted are still there/,
  },
  {
    does: 'deletes a run and goes on listing it',
    breaks: (sound, notes) => ({
      delete: async (id) => {
        const before = await sound.get(id)
        const run = await sound.delete(id)
        if (run === undefined && before !== undefined) notes.set(id, JSON.stringify(before))
        return run
      },
      list: async (filter, limit, after) => {
        const page = await sound.list(filter, limit, after)
        const left = [...notes.values()].map((run) => JSON.parse(run) as StoredRun)
        return { ...page, items: [...page.items, ...left].slice(0, limit) }
      },
    }),
    rule: deletesEnded,
    says: /a run that was deleted is still listed/,
  },
  {
    does: 'rejects when there is nothing left to delete',
    breaks: (sound) => ({
      delete: async (id) => {
        const run = await sound.get(id)
        if (run === undefined) throw new Error('There is no such run.')
        return await sound.delete(id)
      },
    }),
    rule: tellsWhatItKnows,
    says: /it threw: There is no such run\./,
  },
  {
    does: 'deletes all runs that ended when one did',
    breaks: (sound) => ({
      delete: async (id) => {
        const run = await sound.get(id)
        const answer = await sound.delete(id)
        const { pipeline, status } = run ?? {}
        const others = run === undefined ? [] : await everything(sound)
        for (const one of others) if (one.pipeline === pipeline && one.status === status) await sound.delete(one.id)
        return answer
      },
    }),
    rule: deletesEnded,
    says: /after another run was deleted, something of the run is changed: /,
  },
  {
    does: 'deletes what is dead',
    breaks: (sound, notes) => {
      const changed = forgetful(sound, notes)
      return {
        ...changed,
        delete: async (id) => {
          if ((await sound.get(id))?.status !== 'dead') return await sound.delete(id)
          notes.set(id, '')
          return undefined
        },
      }
    },
    rule: deletesEndedOnly,
    says: /after `delete` of a run that is dead and asked to cancel, something of the run is changed: `run` is/,
  },
  {
    does: 'deletes nothing of what has not ended, and says nothing of it',
    breaks: (sound) => ({
      delete: async (id) => {
        await sound.delete(id)
        return undefined
      },
    }),
    rule: deletesEndedOnly,
    says: /after `delete` of a run that is .*, the answer is not the run: no run/,
  },
]
