import type { StateStore } from '@pipe/state'
import { beginsAnew, createsForGood, createsOnce, neverAnewWhileHeld } from '../stores/creation.ts'
import {
  fencesOff,
  givesLapsedOnce,
  handsBack,
  keepsLapsed,
  leasesToOne,
  raisesFences,
  renews,
} from '../stores/leases.ts'
import { entriesOf } from '../stores/asking.ts'
import type { BrokenStore } from './broken-store.ts'
import { isStalled, told } from './changed.ts'

/** The token of the last lease, whatever token was given. */
const last = async (sound: StateStore, id: string) => (await sound.get(id))?.fence ?? 1

export const leases: readonly BrokenStore[] = [
  {
    does: 'gives a run to whoever asks',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        if (seen?.status === 'running' && seen.owner !== request.owner)
          await sound.release(run.id, seen.fence, 'waiting')
        return await sound.acquire(run, request)
      },
    }),
    rule: leasesToOne,
    says: /when another owner asks for a run that somebody has, the answer, `fence` is \d+ instead of null/,
  },
  {
    does: 'looks whether there is a run, and then makes it',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const answer = await sound.acquire(run, request)
        return seen === undefined ? { ...answer, fence: answer.run.fence, created: true } : answer
      },
    }),
    rule: createsOnce,
    says: /50 of 50 owners got the lease/,
  },
  {
    does: 'writes the data of a run whenever it is asked for',
    breaks: (sound, notes) => {
      const changed = told(sound, (run) => ({ ...run, data: notes.get(run.id) ?? run.data }))
      return {
        ...changed,
        acquire: (run, request) => {
          notes.set(run.id, run.data)
          return changed.acquire(run, request)
        },
      }
    },
    rule: createsForGood,
    says: /after a request for the run as another pipeline, .* `data` is 'other' instead of 'one'/,
  },
  {
    does: 'does not extend a lease',
    breaks: (sound) => ({
      renew: async (id, fence) => {
        const run = await sound.get(id)
        const isGood = run?.fence === fence && run.leaseUntil > 0
        return isGood ? { command: run.command, ...(run.reason !== undefined && { reason: run.reason }) } : null
      },
    }),
    rule: renews,
    says: /another owner gets a run whose lease was renewed and has not run out/,
  },
  {
    does: 'never shortens a lease',
    breaks: (sound) => ({
      renew: async (id, fence, leaseMs) => {
        const left = ((await sound.get(id))?.leaseUntil ?? 0) - (await sound.now())
        return await sound.renew(id, fence, Math.max(left, leaseMs))
      },
    }),
    rule: renews,
    says: /another owner cannot have a run whose lease was renewed for 5 ms, which have passed/,
  },
  {
    does: 'lets a lease never run out',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const isHeld = seen?.status === 'running' && seen.owner !== request.owner
        return isHeld ? { fence: null, created: false, run: seen } : await sound.acquire(run, request)
      },
    }),
    rule: renews,
    says: /another owner cannot have a run whose lease was renewed for 5 ms, which have passed/,
  },
  {
    does: 'forgets why a run is blocked',
    breaks: (sound) => ({ release: (id, fence, as) => sound.release(id, fence, as) }),
    rule: handsBack,
    says: /of a run handed back, `outcome` is missing, which was 'why'/,
  },
  {
    does: 'records nothing when time has run out, though nobody took the run',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        const run = await sound.get(id)
        return !(await isStalled(sound, run)) && (await sound.commit(id, fence, entries))
      },
    }),
    rule: keepsLapsed,
    says: /commit\(\) is refused although nobody else took the run/,
  },
  {
    does: 'looks whether a lease has run out, and then takes the run',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const stalled = await isStalled(sound, await sound.get(run.id))
        const answer = await sound.acquire(run, request)
        return stalled && answer.run.status === 'running' ? { ...answer, fence: answer.run.fence } : answer
      },
    }),
    rule: givesLapsedOnce,
    says: /20 of 20 owners got a run whose lease had run out/,
  },
  {
    does: 'counts the tokens of a run from 1 when it is created again',
    breaks: (sound, notes) => {
      const base = (id: string) => Number(notes.get(id) ?? 0)
      const changed = told(sound, (run) => ({ ...run, fence: run.fence - base(run.id) }))
      return {
        ...changed,
        acquire: async (run, request) => {
          const { fence, ...answer } = await sound.acquire(run, request)
          if (answer.created) notes.set(run.id, `${answer.run.fence - 1}`)
          const own = answer.run.fence - base(run.id)
          return { ...answer, fence: fence === null ? null : own, run: { ...answer.run, fence: own } }
        },
        renew: (id, fence, leaseMs) => sound.renew(id, fence + base(id), leaseMs),
        release: (id, fence, as, outcome) => sound.release(id, fence + base(id), as, outcome),
        commit: (id, fence, entries) => sound.commit(id, fence + base(id), entries),
        end: (id, fence, as, outcome) => sound.end(id, fence + base(id), as, outcome),
      }
    },
    rule: raisesFences,
    says: /the token of a run that began anew is 1 after 3/,
  },
  {
    does: 'records whatever token comes',
    breaks: (sound) => ({ commit: async (id, _, entries) => sound.commit(id, await last(sound, id), entries) }),
    rule: fencesOff,
    says: /commit\(\) with a token whose run was taken by another owner is answered as if the lease were good/,
  },
  {
    does: 'renews whatever token comes',
    breaks: (sound) => ({ renew: async (id, _, leaseMs) => sound.renew(id, await last(sound, id), leaseMs) }),
    rule: fencesOff,
    says: /renew\(\) with a token whose run was taken by another owner is answered as if the lease were good/,
  },
  {
    does: 'hands a run back whatever token comes',
    breaks: (sound) => ({
      release: async (id, _, as, outcome) => sound.release(id, await last(sound, id), as, outcome),
    }),
    rule: fencesOff,
    says: /release\(\) with a token whose run was taken by another owner is answered as if the lease were good/,
  },
  {
    does: 'ends a run whatever token comes',
    breaks: (sound) => ({ end: async (id, _, as, outcome) => sound.end(id, await last(sound, id), as, outcome) }),
    rule: fencesOff,
    says: /end\(\) with a token whose run was taken by another owner is answered as if the lease were good/,
  },
  {
    does: 'writes first and looks at the token then',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        const token = await last(sound, id)
        return (await sound.commit(id, token, entries)) && token === fence
      },
    }),
    rule: fencesOff,
    says: /after commit\(\) with a token whose run was taken by another owner, something of the run is changed/,
  },
  {
    does: 'keeps the entries of a run that begins anew',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const entries = request.anew === true ? [...(await entriesOf(sound, run.id)).values()] : []
        const answer = await sound.acquire(run, request)
        if (answer.created && entries.length > 0) await sound.commit(run.id, answer.run.fence, entries)
        return answer
      },
    }),
    rule: beginsAnew,
    says: /of a run that was ended and began anew, something of the run is changed: `entries\.a` is there/,
  },
  {
    does: 'lets a run begin anew that somebody has',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const others = seen?.status === 'running' && seen.owner !== request.owner
        if (others && request.anew === true) await sound.release(run.id, seen.fence, 'waiting')
        return await sound.acquire(run, request)
      },
    }),
    rule: neverAnewWhileHeld,
    says: /when the second owner asks for the run anew, the answer, .*`fence` is \d+ instead of null/,
  },
]
