import { PipelineError } from '@pipe/core'
import { guardStore, memoryStore, type StateStore } from '@pipe/state'
import { fakeClock } from '../fake-clock.ts'
import type { StoreBackend } from '../stores/store-check.ts'
import type { BrokenStore, Notes } from './broken-store.ts'

/**
 * A backend in memory that several clients use, and that outlives them and what stands for their processes: each method of the memory store is one command
 * to it. Clients do what `broken` does otherwise; without it they are sound.
 */
export async function memoryBackend({ breaks, outside }: Partial<BrokenStore> = {}): Promise<StoreBackend> {
  const clock = fakeClock()
  const memory = memoryStore({ clock })
  const notes: Notes = new Map()
  await memory.open()
  /** What the clients of one process share; the backend outlives it. */
  const process = (): StoreBackend => {
    const own: Notes = new Map()
    const clientOf = (sound: StateStore): StateStore => {
      const nothing = () => Promise.resolve()
      const seeming = { ...sound, durable: true, shared: true, open: nothing, close: nothing }
      const guarded = guardStore({ ...seeming, ...breaks?.(sound, notes, own) })
      return { ...guarded, ...outside?.(guarded) }
    }
    return {
      client: () => clientOf(memory),
      advance: (ms) => clock.advance(ms),
      adjust: (ms) => clock.adjust(ms),
      cutOff: (commands) => clientOf(cutOff(memory, commands)),
      reopen: process,
    }
  }
  return process()
}

/** A store that answers so many calls and no more. */
function cutOff(store: StateStore, commands: number): StateStore {
  let left = commands
  const counted =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      if (left-- > 0) return call(...args)
      return Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'The memory store is cut off. Try again later.'))
    }
  return {
    ...store,
    acquire: counted(store.acquire.bind(store)),
    renew: counted(store.renew.bind(store)),
    release: counted(store.release.bind(store)),
    commit: counted(store.commit.bind(store)),
    end: counted(store.end.bind(store)),
    get: counted(store.get.bind(store)),
    entries: counted(store.entries.bind(store)),
    list: counted(store.list.bind(store)),
    command: counted(store.command.bind(store)),
    revive: counted(store.revive.bind(store)),
    delete: counted(store.delete.bind(store)),
    purge: counted(store.purge.bind(store)),
    now: counted(store.now.bind(store)),
  }
}
