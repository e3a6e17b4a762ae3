import { buries, countsCrashes, countsCrashOnce, revives } from '../stores/crashes.ts'
import { by } from '../stores/asking.ts'
import type { BrokenStore } from './broken-store.ts'
import { isStalled, told } from './changed.ts'

export const crashes: readonly BrokenStore[] = [
  {
    does: 'counts no crashes',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        if (seen !== undefined && (await isStalled(sound, seen))) await sound.release(run.id, seen.fence, 'waiting')
        return await sound.acquire(run, request)
      },
    }),
    rule: countsCrashes,
    says: /after 2 lease\(s\) ran out, `crashes` is 0 instead of 1/,
  },
  {
    does: 'counts a crash again when the owner asks again',
    breaks: (sound, notes) => {
      const more = (id: string) => Number(notes.get(id) ?? 0)
      const changed = told(sound, (run) => ({ ...run, crashes: run.crashes + more(run.id) }))
      return {
        ...changed,
        acquire: async (run, request) => {
          const seen = await sound.get(run.id)
          const again = seen?.status === 'running' && seen.owner === request.owner
          if (again && seen.crashes > 0) notes.set(run.id, `${more(run.id) + 1}`)
          return await changed.acquire(run, request)
        },
      }
    },
    rule: countsCrashOnce,
    says: /after an owner asked a second time for a run whose lease had run out, `crashes` is 2 instead of 1/,
  },
  {
    does: 'forgives one crash more',
    breaks: (sound) => ({
      acquire: (run, request) => sound.acquire(run, { ...request, maxCrashes: request.maxCrashes + 1 }),
    }),
    rule: buries,
    says: /when a run with 2 crashes is asked for and 1 is forgiven, the answer, `fence` is \d+ instead of null/,
  },
  {
    does: 'raises the dead',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        if (seen?.status === 'dead' && seen.crashes < request.maxCrashes) await sound.revive(run.id)
        return await sound.acquire(run, request)
      },
    }),
    rule: buries,
    says: /a dead run is given to who forgives more crashes/,
  },
  {
    does: 'revives what is blocked',
    breaks: (sound) => ({
      revive: async (id) => {
        const seen = await sound.get(id)
        if (seen?.status !== 'blocked') return await sound.revive(id)
        const { fence } = await sound.acquire(seen, by(seen.owner ?? 'nobody'))
        await sound.release(id, fence ?? 1, 'waiting')
        return await sound.get(id)
      },
    }),
    rule: revives,
    says: /after `revive` of a run that is blocked, something of the run is changed: .*`run\.status` is 'waiting'/,
  },
]
