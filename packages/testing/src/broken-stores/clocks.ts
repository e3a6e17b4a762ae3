import type { StateStore } from '@pipe/state'
import { cutsLeases, keepsLeases, listsBackInTime, raisesFencesBackInTime } from '../stores/clocks.ts'
import type { BrokenStore, Notes } from './broken-store.ts'
import { told } from './changed.ts'

/** What a run has to say of its lease that is kept in `notes`: when it was given, and for how long. */
const leaseIn = (notes: Notes, id: string) => {
  const [from = 0, ms = 0] = (notes.get(id) ?? '').split(' ').map(Number)
  return { from, until: from + ms }
}

/** Notes of each lease when it was given or renewed, and for how long. */
function noted(sound: StateStore, notes: Notes): Pick<StateStore, 'acquire' | 'renew'> {
  const note = async (id: string, leaseMs: number) => void notes.set(id, `${await sound.now()} ${leaseMs}`)
  return {
    acquire: async (run, request) => {
      const answer = await sound.acquire(run, request)
      if (answer.fence !== null) await note(run.id, request.leaseMs)
      return answer
    },
    renew: async (id, fence, leaseMs) => {
      const answer = await sound.renew(id, fence, leaseMs)
      if (answer !== null) await note(id, leaseMs)
      return answer
    },
  }
}

/** The run, when another owner has it. */
async function heldByAnother(sound: StateStore, id: string, owner: string) {
  const run = await sound.get(id)
  return run?.status === 'running' && run.owner !== owner ? run : undefined
}

/** Tokens that tell when a lease was given, by the tokens of the memory store and the other way round. */
function timed(sound: StateStore, notes: Notes): Partial<StateStore> {
  const shown = (fence: number) => Number(notes.get(`shown ${fence}`) ?? fence)
  const real = (fence: number) => Number(notes.get(`real ${fence}`) ?? fence)
  const show = async (fence: number) => {
    const now = await sound.now()
    if (notes.has(`shown ${fence}`)) return
    notes.set(`shown ${fence}`, `${now * 1_000 + fence}`).set(`real ${now * 1_000 + fence}`, `${fence}`)
  }
  const changed = told(sound, (run) => ({ ...run, fence: shown(run.fence) }))
  return {
    ...changed,
    acquire: async (run, request) => {
      const { fence, ...answer } = await sound.acquire(run, request)
      await show(answer.run.fence)
      const told = { ...answer.run, fence: shown(answer.run.fence) }
      return { ...answer, fence: fence === null ? null : told.fence, run: told }
    },
    renew: (id, fence, leaseMs) => sound.renew(id, real(fence), leaseMs),
    commit: (id, fence, entries) => sound.commit(id, real(fence), entries),
    release: (id, fence, as, outcome) => sound.release(id, real(fence), as, outcome),
    end: (id, fence, as, outcome) => sound.end(id, real(fence), as, outcome),
    delete: async (id) => {
      const run = await sound.delete(id)
      return run && { ...run, fence: shown(run.fence) }
    },
  }
}

export const clocks: readonly BrokenStore[] = [
  {
    does: 'keeps a run until a time that was far away when the clock was wrong',
    breaks: (sound, notes) => {
      const { acquire, renew } = noted(sound, notes)
      return {
        renew,
        acquire: async (run, request) => {
          const held = await heldByAnother(sound, run.id, request.owner)
          const isHeld = held !== undefined && leaseIn(notes, run.id).until > (await sound.now())
          return isHeld ? { fence: null, created: false, run: held } : await acquire(run, request)
        },
      }
    },
    rule: cutsLeases,
    says: /the clock was set back by a day, it was asked for, and 5 ms later, .* a run that nobody renewed is not listed as stalled/,
  },
  {
    does: 'takes every lease for run out when the clock was set back',
    breaks: (sound, notes) => {
      const { acquire, renew } = noted(sound, notes)
      return {
        renew,
        acquire: async (run, request) => {
          const held = await heldByAnother(sound, run.id, request.owner)
          const isEarly = held !== undefined && leaseIn(notes, run.id).from > (await sound.now())
          if (isEarly) {
            await sound.renew(run.id, held.fence, 1)
            await sound.release(run.id, held.fence, 'waiting')
          }
          const answer = await acquire(run, request)
          return isEarly ? { ...answer, run: { ...answer.run, crashes: 1 } } : answer
        },
      }
    },
    rule: keepsLeases,
    says: /the clock was set by -86400000 ms, and when another owner asks for a run, the answer, `fence` is \d+ instead of null/,
  },
  {
    does: 'makes its tokens of the time alone',
    breaks: timed,
    rule: raisesFencesBackInTime,
    says: /the clock was set back, and the token of a run that began anew is \d+ after \d+/,
  },
  {
    does: 'ends a list where a run was created later than the one before',
    breaks: (sound) => ({
      list: async (filter, limit, after) => {
        const page = await sound.list(filter, limit, after)
        const end = page.items.findIndex(({ createdAt }, i) => i > 0 && createdAt > page.items[i - 1]!.createdAt)
        return end < 0 ? page : { items: page.items.slice(0, end) }
      },
    }),
    rule: listsBackInTime,
    says: /of 12 runs that were created while the clock was set, \d are listed, \d times, in pages of 5/,
  },
]
