import type { Entry, StateStore, StoredRun } from '@pipe/state'
import { isAllOrNothing, saysUnavailable } from '../stores/cut-off.ts'
import {
  handsOutCopies,
  keepsFirstFinal,
  keepsRunsApart,
  replacesOthers,
  showsWhole,
  tellsAllEntries,
} from '../stores/entries.ts'
import { goesLikeTheModel } from '../stores/model/model.ts'
import { keepsKeys, keepsLargeValues, keepsNames, keepsTexts, keepsValues } from '../stores/values.ts'
import { entriesOf } from '../stores/asking.ts'
import type { BrokenStore } from './broken-store.ts'

/** Records entries as `change` has them. */
const recording =
  (change: (entry: Entry) => Entry) =>
  (sound: StateStore): Partial<StateStore> => ({
    commit: (id, fence, entries) => sound.commit(id, fence, entries.map(change)),
  })

const values = (change: (value: string) => string) => recording((entry) => ({ ...entry, value: change(entry.value) }))

const asUtf8 = (text: string) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text))

export const entries: readonly BrokenStore[] = [
  {
    does: 'overwrites final entries',
    breaks: (sound, notes) => ({
      commit: async (id, fence, entries) => {
        const answer = await sound.commit(id, fence, entries)
        if (answer) for (const { key, value } of entries) notes.set(`${id} ${key}`, value)
        return answer
      },
      entries: async (id, after) => {
        const { items, ...rest } = await sound.entries(id, after)
        const last = ({ key, value }: Entry) => notes.get(`${id} ${key}`) ?? value
        return { ...rest, items: items.map((entry) => ({ ...entry, value: last(entry) })) }
      },
    }),
    rule: keepsFirstFinal,
    says: /after a later entry with the key of a final one, `value` is 'later' instead of 'first'/,
  },
  {
    does: 'records only the last entry of each key in a commit',
    breaks: (sound) => ({
      commit: (id, fence, entries) =>
        sound.commit(id, fence, [...new Map(entries.map((entry) => [entry.key, entry])).values()]),
    }),
    rule: replacesOthers,
    says: /after one commit of three entries with one key, `value` is '3' instead of '2'/,
  },
  {
    does: 'records the entries of a commit one after the other',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        for (const entry of entries) await sound.commit(id, fence, [entry])
        return await sound.commit(id, fence, [])
      },
    }),
    rule: showsWhole,
    says: /a reader sees (left \d+ and right \d+, which were committed together|one of two entries)/,
  },
  {
    does: 'loses an entry between two pages',
    breaks: (sound) => ({
      entries: async (id, after = '0') => {
        const [all, from] = [[...(await entriesOf(sound, id)).values()], Number(after)]
        const next = from + 101 < all.length ? { next: `${from + 101}` } : {}
        return { items: all.slice(from, from + 100), ...next }
      },
    }),
    rule: tellsAllEntries,
    says: /9901 entries are told of 10000/,
  },
  {
    does: 'drops NUL from values',
    breaks: values((value) => value.replaceAll('\0', '')),
    rule: keepsValues,
    says: /NUL at the beginning in a value comes back as "a" instead of "\\u0000a"/,
  },
  {
    does: 'writes values as UTF-8',
    breaks: values(asUtf8),
    rule: keepsValues,
    says: /a lone high surrogate in a value comes back as "a�" instead of "a\\ud83d"/,
  },
  {
    does: 'normalises values',
    breaks: values((value) => value.normalize()),
    rule: keepsValues,
    says: /accents apart from their letters in a value comes back as "é" instead of/,
  },
  {
    does: 'takes values that look like JSON for JSON',
    breaks: values((value) => (value.startsWith('{') ? JSON.stringify(JSON.parse(value)) : value)),
    rule: keepsValues,
    says: /what looks like JSON in a value comes back as/,
  },
  {
    does: 'drops NUL from outcomes',
    breaks: (sound) => ({
      end: (id, fence, as, outcome) => sound.end(id, fence, as, outcome.replaceAll('\0', '')),
    }),
    rule: keepsTexts,
    says: /NUL at the beginning in the outcome of a run that ended comes back as "a" instead of "\\u0000a"/,
  },
  {
    does: 'ignores case when it looks for a pipeline',
    breaks: (sound) => ({
      list: async ({ pipeline, ...filter }, limit, after) => {
        const { items, ...rest } = await sound.list(filter, limit, after)
        return { ...rest, items: items.filter((run) => pipeline === undefined || alike(run, pipeline)) }
      },
    }),
    rule: keepsNames,
    says: /of pipelines that look alike, 2 are '.* a'/,
  },
  {
    does: 'writes keys as UTF-8',
    breaks: recording((entry) => ({ ...entry, key: asUtf8(entry.key) })),
    rule: keepsKeys,
    says: /\d+ keys have \d+ entries/,
  },
  {
    does: 'cuts long values off',
    breaks: values((value) => value.slice(0, 65_535)),
    rule: keepsLargeValues,
    says: /a value of 4194304 characters of one byte each does not come back/,
  },
  {
    does: 'knows one run at a time',
    breaks: (sound, notes) => ({
      commit: async (id, fence, entries) => {
        notes.set('run', id)
        await sound.now()
        return await sound.commit(notes.get('run') ?? id, fence, entries)
      },
    }),
    rule: keepsRunsApart,
    says: /run 0 of 60 has the entries/,
  },
  {
    does: 'hands out the objects that it keeps',
    breaks: (sound) => {
      const known = new Map<string, StoredRun>()
      return {
        get: async (id) => {
          const run = await sound.get(id)
          if (run === undefined) return undefined
          const now = JSON.stringify(run)
          const own = known.get(now) ?? { ...run }
          known.set(now, own)
          return own
        },
      }
    },
    rule: handsOutCopies,
    says: /an object that it gave or got is the one it keeps/,
  },
  {
    does: 'rejects with the error of its client when that is cut off',
    breaks: (sound) => ({ entries: (id, after) => sound.entries(id, after).catch(reset) }),
    rule: saysUnavailable,
    says: /when entries\(\) cannot reach the backend, it rejects with .*read ECONNRESET.* instead of `STORE_UNAVAILABLE`/,
  },
  {
    does: 'rejects with the error of its client when that is cut off in the middle of a call',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        await sound.now()
        return await sound.commit(id, fence, entries).catch(reset)
      },
    }),
    rule: isAllOrNothing,
    says: /when commit\(\) of three entries was cut off after 1 command\(s\) to the backend, it rejects with .*read ECONNRESET/,
  },
  {
    does: 'records final entries in one transaction and others in another',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        const [final, open] = [entries.filter(({ final }) => final), entries.filter(({ final }) => !final)]
        return (await sound.commit(id, fence, final)) && (await sound.commit(id, fence, open))
      },
    }),
    rule: isAllOrNothing,
    says: /commit\(\) of three entries was cut off after 1 command\(s\) to the backend, and some of it is done: .*`entries\.a` is there/,
  },
  {
    does: 'forgets what a run has recorded when its last owner takes it again',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const again = seen?.status === 'waiting' && seen.owner === request.owner && seen.command === 'run'
        if (!again || request.anew === true) return await sound.acquire(run, request)
        return { ...(await sound.acquire(seen, { ...request, anew: true })), created: false }
      },
    }),
    rule: goesLikeTheModel,
    says: /with seed 1, after \d+ step\(s\) to a shorter history: .*commit run .*release run .*acquire run .*; after which run \d is /,
  },
]

const reset = () => Promise.reject(new Error('read ECONNRESET'))

const alike = (run: StoredRun, pipeline: string) => run.pipeline.toLowerCase() === pipeline.toLowerCase()
