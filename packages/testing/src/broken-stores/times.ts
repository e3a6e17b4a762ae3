import type { StateStore, StoredRun } from '@pipe/state'
import { keepsForsakenRuns, keepsLivingRuns, leasesAsLongAsAsked, renewsOften } from '../stores/times.ts'
import type { BrokenStore } from './broken-store.ts'
import { hasEnded, isStalled } from './changed.ts'

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]

/** Runs of which `gone` holds are not known any more. */
function expiring(sound: StateStore, gone: (run: StoredRun, now: number) => boolean): Partial<StateStore> {
  const isGone = async (id: string) => {
    const run = await sound.get(id)
    return run !== undefined && gone(run, await sound.now())
  }
  return {
    get: async (id) => ((await isGone(id)) ? undefined : await sound.get(id)),
    entries: async (id, after) => ((await isGone(id)) ? { items: [] } : await sound.entries(id, after)),
    acquire: async (run, request) => {
      const again = (await isGone(run.id)) && request.anew !== true
      return await sound.acquire(run, again ? { ...request, anew: true } : request)
    },
    list: async (filter, limit, after) => {
      const { items, ...rest } = await sound.list(filter, limit, after)
      const now = await sound.now()
      return { ...rest, items: items.filter((run) => !gone(run, now)) }
    },
  }
}

export const times: readonly BrokenStore[] = [
  {
    does: 'loses a lease that was renewed 100 times',
    breaks: (sound, notes) => ({
      renew: async (id, fence, leaseMs) => {
        const count = Number(notes.get(id) ?? 0) + 1
        notes.set(id, `${count}`)
        return count > 100 ? null : await sound.renew(id, fence, leaseMs)
      },
    }),
    rule: renewsOften,
    says: /a lease that is good is not renewed the 101th time/,
  },
  {
    does: 'leases for a day at most',
    breaks: (sound) => ({
      acquire: (run, request) => sound.acquire(run, { ...request, leaseMs: Math.min(request.leaseMs, DAY) }),
    }),
    rule: leasesAsLongAsAsked,
    says: /a lease that `acquire` was asked for, of 129600000 ms at \d+ or before, is until \d+/,
  },
  {
    does: 'renews for a day at most',
    breaks: (sound) => ({ renew: (id, fence, leaseMs) => sound.renew(id, fence, Math.min(leaseMs, DAY)) }),
    rule: leasesAsLongAsAsked,
    says: /a lease that `renew` was asked for, of 129600000 ms at \d+ or before, is until \d+/,
  },
  {
    does: 'gives a run to others when its owner was silent for a day, whatever its lease',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const isSilent = seen?.status === 'running' && (await sound.now()) - seen.updatedAt > DAY
        if (isSilent && seen.owner !== request.owner) await sound.release(run.id, seen.fence, 'waiting')
        return await sound.acquire(run, request)
      },
    }),
    rule: leasesAsLongAsAsked,
    says: /a lease of 7776000000 ms, by `acquire`, has run out after half of it/,
  },
  {
    does: 'lets a run expire an hour after something of it changed, whatever its lease',
    breaks: (sound) => expiring(sound, ({ status, updatedAt }, now) => status === 'running' && updatedAt + HOUR < now),
    rule: keepsLivingRuns,
    says: /of a run whose lease is renewed every half of an hour, after 1.5 h, something of the run is changed: /,
  },
  {
    does: 'lists nobody who was stalled for more than 10 minutes',
    breaks: (sound) => ({
      list: async (filter, limit, after) => {
        const { items, ...rest } = await sound.list(filter, limit, after)
        const now = await sound.now()
        const isOld = ({ status, leaseUntil }: StoredRun) => status === 'running' && leaseUntil + 10 * MINUTE < now
        return { ...rest, items: items.filter((run) => !isOld(run)) }
      },
    }),
    rule: keepsForsakenRuns,
    says: /after 11 minutes, a run whose lease ran out is not listed as stalled/,
  },
  {
    does: 'lets runs expire that nobody has, after a month',
    breaks: (sound) =>
      expiring(sound, (run, now) => !hasEnded(run) && Math.max(run.updatedAt, run.leaseUntil) + 30 * DAY < now),
    rule: keepsForsakenRuns,
    says: /after 400 days, of a run that is waiting, something of the run is changed: /,
  },
  {
    does: 'buries a run whose lease ran out long ago',
    breaks: (sound) => {
      const isOld = async (run: StoredRun) =>
        (await isStalled(sound, run)) && run.leaseUntil + DAY < (await sound.now())
      return {
        acquire: async (run, request) => {
          const seen = await sound.get(run.id)
          const buried = seen !== undefined && (await isOld(seen))
          return await sound.acquire(run, buried ? { ...request, maxCrashes: 0 } : request)
        },
      }
    },
    rule: keepsForsakenRuns,
    says: /a run whose lease ran out long ago is given to nobody/,
  },
]
