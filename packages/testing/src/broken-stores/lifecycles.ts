import { isRunId, memoryStore, type StateStore } from '@pipe/state'
import { opensOnce, refusesAfterClose, refusesBeforeOpen, saysWhatItIs, tellsTime } from '../stores/about.ts'
import { refusesNonsense, refusesWrongIds, takesEveryId } from '../stores/checked.ts'
import { keepsItsRuns, outlivesItsProcess, sharesItsRuns } from '../stores/clients.ts'
import { tellsWhatItKnows } from '../stores/creation.ts'
import { readsItsWrites } from '../stores/endings.ts'
import type { BrokenStore } from './broken-store.ts'

export const lifecycles: readonly BrokenStore[] = [
  {
    does: 'has no name',
    breaks: () => ({ name: '' }),
    rule: saysWhatItIs,
    says: /its `name` is ''/,
  },
  {
    does: 'opens itself when it is asked something',
    outside: (guarded) => ({
      get: async (id) => {
        await guarded.open()
        return await guarded.get(id)
      },
    }),
    rule: refusesBeforeOpen,
    says: /before `open`, get\(\) answers undefined instead of rejecting with `STORE_CLOSED`/,
  },
  {
    does: 'goes on answering when it is closed',
    outside: () => ({ close: () => Promise.resolve() }),
    rule: refusesAfterClose,
    says: /after `close`, acquire\(\) answers .* instead of rejecting/,
  },
  {
    does: 'does not like to be opened twice',
    outside: (guarded) => {
      let isOpen = false
      return {
        open: async () => {
          if (isOpen) throw new Error('It is open.')
          isOpen = true
          await guarded.open()
        },
      }
    },
    rule: opensOnce,
    says: /it threw: It is open\./,
  },
  {
    does: 'says that it is shared, and is not',
    breaks: () => ({ ...memoryStore(), durable: true, shared: true }),
    rule: sharesItsRuns,
    says: /of a run that another client made, nothing is known of it/,
  },
  {
    does: 'forgets who has a run',
    breaks: (sound) => ({
      get: async (id) => {
        const run = await sound.get(id)
        if (run === undefined) return undefined
        const { owner: _, ...rest } = run
        return rest
      },
    }),
    rule: tellsWhatItKnows,
    says: /of a new run, `owner` is missing, which was 'first'/,
  },
  {
    does: 'says that it is durable, and is not',
    breaks: (sound, notes) => ({
      close: () => Promise.resolve(void notes.set('closed', '')),
      entries: (id, after) => (notes.has('closed') ? Promise.resolve({ items: [] }) : sound.entries(id, after)),
    }),
    rule: keepsItsRuns,
    says: /after `close` and `open` of another client, something of the run is changed: `entries\.a` is missing/,
  },
  {
    does: 'answers a commit before it is written',
    breaks: (sound, _, own) => {
      const write = async () => {
        const waiting = [...own.values()].map((commit) => JSON.parse(commit) as Parameters<StateStore['commit']>)
        own.clear()
        await Promise.all(waiting.map((commit) => sound.commit(...commit)))
      }
      const first =
        <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
        async (...args: A) => {
          await write()
          return await call(...args)
        }
      return {
        close: write,
        acquire: first(sound.acquire.bind(sound)),
        renew: first(sound.renew.bind(sound)),
        release: first(sound.release.bind(sound)),
        end: first(sound.end.bind(sound)),
        get: first(sound.get.bind(sound)),
        entries: first(sound.entries.bind(sound)),
        list: first(sound.list.bind(sound)),
        commit: async (id, fence, entries) => {
          await write()
          if (!(await sound.commit(id, fence, []))) return false
          own.set(`${own.size}`, JSON.stringify([id, fence, entries]))
          return true
        },
      }
    },
    rule: outlivesItsProcess,
    says: /the process was killed after commit\(\) of three entries was answered, and the next one finds .*/,
  },
  {
    does: 'mixes two clocks',
    breaks: () => ({ now: () => Promise.resolve(Date.UTC(2030, 0, 1)) }),
    rule: tellsTime,
    says: /`createdAt` is \d+ for what happened between \d+ and \d+/,
  },
  {
    does: 'takes any id',
    outside: (guarded) => ({ get: (id) => (isRunId(id) ? guarded.get(id) : Promise.resolve(undefined)) }),
    rule: refusesWrongIds,
    says: /an empty id given to get\(\) is answered with undefined instead of being refused/,
  },
  {
    does: 'corrects numbers that cannot be',
    outside: (guarded) => ({ list: (filter, limit, after) => guarded.list(filter, Math.max(1, limit), after) }),
    rule: refusesNonsense,
    says: /a list of 0 is answered with .* instead of being refused/,
  },
  {
    does: 'records what comes before an entry that it refuses',
    outside: (guarded) => ({
      commit: async (id, fence, entries) => {
        for (const entry of entries) await guarded.commit(id, fence, [entry])
        return await guarded.commit(id, fence, [])
      },
    }),
    rule: refusesNonsense,
    says: /after an entry without a key was refused, something of the run is changed: .*`entries\.a` is there/,
  },
  {
    does: 'ignores the case of ids',
    breaks: (sound) => ({
      acquire: (run, request) => sound.acquire({ ...run, id: run.id.toLowerCase() }, request),
      get: (id) => sound.get(id.toLowerCase()),
    }),
    rule: takesEveryId,
    says: /a run with the id 'CHECK-.*', which there was not, is not created/,
  },
  {
    does: 'lists a run when something of it has changed',
    breaks: (sound) => ({
      list: async (filter, limit, after) => {
        const { items, ...rest } = await sound.list(filter, limit, after)
        return { ...rest, items: items.filter(({ createdAt, updatedAt }) => createdAt !== updatedAt) }
      },
    }),
    rule: readsItsWrites,
    says: /right after `acquire`, the run is not in the list/,
  },
]
