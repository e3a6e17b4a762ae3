import { type Clock, invalidOption, systemClock } from '@pipe/core'
import { guardStore } from './guard-store.ts'
import { stateOf } from './run-state.ts'
import type { Acquired, Entry, LeaseRequest, NewRun, RunFilter, StateStore, StoredRun } from './store.ts'

/** What a memory store can be given. */
export interface MemoryStoreOptions {
  /** What time it is. Default: that of the machine. */
  readonly clock?: Clock
}

/** A run, its entries, and its place among those that were created. */
interface Kept {
  run: StoredRun
  /** When its lease was given or renewed. */
  leasedAt: number
  readonly entries: Map<string, Entry>
  readonly place: number
}

/** How many entries a page has. */
const PAGE = 1_000

/** Where a page begins, by the `next` of the page before. */
function startOf(method: string, after: string): number {
  if (/^\d{1,15}$/.test(after)) return Number(after)
  const site = { owner: `${method}() of the memory store` }
  throw invalidOption(site, after, `the \`next\` of a page of ${method}()`, 'after')
}

const hasEnded = ({ status }: StoredRun) => status === 'succeeded' || status === 'failed' || status === 'cancelled'

/**
 * A store that is gone with its process: for tests, and to try things out. What it keeps is as strict as with any other.
 */
export function memoryStore({ clock = systemClock }: MemoryStoreOptions = {}): StateStore {
  const kept = new Map<string, Kept>()
  const listeners = new Set<(id: string) => void>()
  let created = 0
  let lastFence = 0

  const change = (one: Kept, patch: Partial<StoredRun>): StoredRun =>
    (one.run = Object.freeze({ ...one.run, ...patch, updatedAt: clock.now() }))

  /** The run, while the lease is good. */
  const leased = (id: string, fence: number): Kept | undefined => {
    const one = kept.get(id)
    return one?.run.fence === fence && one.run.leaseUntil > 0 ? one : undefined
  }

  const create = (run: NewRun): Kept => {
    const now = clock.now()
    const { id, pipeline, data } = run
    const one: Kept = {
      run: {
        id,
        pipeline,
        data,
        status: 'waiting',
        command: 'run',
        fence: 0,
        leaseUntil: 0,
        crashes: 0,
        createdAt: now,
        updatedAt: now,
      },
      leasedAt: now,
      entries: new Map(),
      place: created++,
    }
    kept.set(id, one)
    return one
  }

  /** A lease that was given in what is the future, since the clock was set back, begins anew. */
  const cut = (one: Kept, now: number): void => {
    if (one.run.leaseUntil === 0 || one.leasedAt <= now) return
    one.run = Object.freeze({ ...one.run, leaseUntil: now + one.run.leaseUntil - one.leasedAt })
    one.leasedAt = now
  }

  const take = (one: Kept, { owner, leaseMs, maxCrashes }: LeaseRequest, isNew: boolean): Acquired => {
    const { status, crashes } = one.run
    const crashed = status === 'running' ? crashes + 1 : crashes
    if (crashed > maxCrashes) {
      return { fence: null, created: false, run: change(one, { status: 'dead', crashes: crashed, leaseUntil: 0 }) }
    }
    const fence = (lastFence = Math.max(lastFence, one.run.fence) + 1)
    const { outcome: _, ...rest } = one.run
    one.run = rest
    one.leasedAt = clock.now()
    const run = change(one, { status: 'running', crashes: crashed, owner, fence, leaseUntil: one.leasedAt + leaseMs })
    return { fence, created: isNew, run }
  }

  const matches = ({ run }: Kept, { pipeline, states, since, until }: RunFilter, now: number): boolean =>
    (pipeline === undefined || run.pipeline === pipeline) &&
    (states === undefined || states.includes(stateOf(run, now))) &&
    (since === undefined || run.createdAt >= since) &&
    (until === undefined || run.createdAt < until)

  return guardStore({
    name: 'memory',
    durable: false,
    shared: false,
    maxValueBytes: 4 * 1024 * 1024,
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),

    acquire: (run, request) => {
      const one = kept.get(run.id)
      if (one === undefined) return Promise.resolve(take(create(run), request, true))
      cut(one, clock.now())
      const held = one.run.status === 'running' && one.run.leaseUntil > clock.now()
      if (held) {
        const fence = one.run.owner === request.owner ? one.run.fence : null
        return Promise.resolve({ fence, created: false, run: one.run })
      }
      if (request.anew === true) {
        const { fence } = one.run
        kept.delete(run.id)
        const next = create(run)
        next.run = { ...next.run, fence }
        return Promise.resolve(take(next, request, true))
      }
      if (hasEnded(one.run) || one.run.status === 'dead' || one.run.command === 'pause') {
        return Promise.resolve({ fence: null, created: false, run: one.run })
      }
      return Promise.resolve(take(one, request, false))
    },

    renew: (id, fence, leaseMs) => {
      const one = leased(id, fence)
      if (one === undefined) return Promise.resolve(null)
      one.leasedAt = clock.now()
      one.run = Object.freeze({ ...one.run, leaseUntil: one.leasedAt + leaseMs })
      const { command, reason } = one.run
      return Promise.resolve({ command, ...(reason !== undefined && { reason }) })
    },

    release: (id, fence, as, outcome) => {
      const one = leased(id, fence)
      if (one === undefined) {
        const run = kept.get(id)?.run
        return Promise.resolve(run?.fence === fence && run.status === as)
      }
      change(one, { status: as, leaseUntil: 0, ...(outcome !== undefined && { outcome }) })
      return Promise.resolve(true)
    },

    commit: (id, fence, entries) => {
      const one = leased(id, fence)
      if (one === undefined) return Promise.resolve(false)
      for (const { key, value, final } of entries) {
        if (one.entries.get(key)?.final !== true) one.entries.set(key, Object.freeze({ key, value, final }))
      }
      change(one, {})
      return Promise.resolve(true)
    },

    end: (id, fence, as, outcome) => {
      const one = leased(id, fence)
      if (one === undefined) {
        const run = kept.get(id)?.run
        return Promise.resolve(run?.fence === fence && run.status === as)
      }
      change(one, { status: as, leaseUntil: 0, outcome, endedAt: clock.now() })
      return Promise.resolve(true)
    },

    get: (id) => Promise.resolve(kept.get(id)?.run),

    entries: async (id, after = '0') => {
      const from = startOf('entries', after)
      const all = [...(kept.get(id)?.entries.values() ?? [])]
      const items = all.slice(from, from + PAGE)
      const next = from + PAGE
      return await Promise.resolve({ items, ...(all.length > next && { next: String(next) }) })
    },

    list: async (filter, limit, after) => {
      const below = after === undefined ? Infinity : startOf('list', after)
      const now = clock.now()
      for (const one of kept.values()) cut(one, now)
      const all = [...kept.values()]
        .filter((one) => one.place < below && matches(one, filter, now))
        .sort((a, b) => b.place - a.place)
      const page = all.slice(0, limit)
      const items = page.map(({ run }) => run)
      return await Promise.resolve({ items, ...(all.length > limit && { next: String(page.at(-1)!.place) }) })
    },

    command: (id, command, reason) => {
      const one = kept.get(id)
      if (one === undefined || hasEnded(one.run) || one.run.command === 'cancel') return Promise.resolve(one?.run)
      const { reason: _, ...rest } = one.run
      one.run = rest
      change(one, { command, ...(reason !== undefined && { reason }) })
      for (const listener of listeners) {
        queueMicrotask(() => {
          if (listeners.has(listener)) listener(id)
        })
      }
      return Promise.resolve(one.run)
    },

    revive: (id) => {
      const one = kept.get(id)
      if (one?.run.status === 'dead') change(one, { status: 'waiting', crashes: 0 })
      return Promise.resolve(one?.run)
    },

    delete: (id) => {
      const run = kept.get(id)?.run
      if (run === undefined || !hasEnded(run)) return Promise.resolve(run)
      kept.delete(id)
      return Promise.resolve(undefined)
    },

    purge: (statuses, before, limit) => {
      const ended = [...kept.values()]
        .filter(({ run }) => hasEnded(run) && statuses.some((status) => status === run.status) && run.endedAt! < before)
        .sort((a, b) => a.run.endedAt! - b.run.endedAt!)
        .slice(0, limit)
      for (const { run } of ended) kept.delete(run.id)
      return Promise.resolve(ended.length)
    },

    now: () => Promise.resolve(clock.now()),

    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}
