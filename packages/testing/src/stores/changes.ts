import type { NewRun, StateStore } from '@pipe/state'
import { by, ended, entry, LONG, SHORT, taken, type Whole } from './asking.ts'
import type { Stage } from './stage.ts'

/** A call that changes a run, and what shows that it did. */
interface Change {
  /** Makes the run that the call is about, and answers with the token of its last lease. */
  readonly prepare: (store: StateStore, run: NewRun, pass: Stage['pass']) => Promise<number>
  readonly call: (store: StateStore, run: NewRun, fence: number) => Promise<unknown>
  /** Whether the answer to the call, and what is there after it, show that it did, or found, what it should do. */
  readonly done: (answer: unknown, after: Whole) => boolean
}

const held = (store: StateStore, run: NewRun) => taken(store, run)
const yes = (answer: unknown) => answer === true

/** Every call that changes something, by what messages call it. */
export const changes: Readonly<Record<string, Change>> = {
  'acquire() of a new run': {
    prepare: () => Promise.resolve(1),
    call: (store, run) => store.acquire(run, by('second')),
    done: (_, { run }) => run?.owner === 'second' && run.crashes === 0,
  },
  'acquire() of a run whose lease ran out': {
    prepare: async (store, run, pass) => {
      const fence = await taken(store, run, by('first', { leaseMs: SHORT }))
      await pass(SHORT + 1)
      return fence
    },
    call: (store, run) => store.acquire(run, by('second')),
    done: (_, { run }) => run?.owner === 'second' && run.crashes === 1,
  },
  'acquire() of a run that begins anew': {
    prepare: async (store, run) => {
      const fence = await taken(store, run)
      await store.commit(run.id, fence, [entry('a', 'a', true), entry('b', 'b')])
      await store.end(run.id, fence, 'failed', 'why')
      return fence
    },
    call: (store, run) => store.acquire({ ...run, data: 'next' }, by('second', { anew: true })),
    done: (_, { run, entries }) => run?.owner === 'second' && run.data === 'next' && Object.keys(entries).length === 0,
  },
  'commit() of three entries': {
    prepare: held,
    call: (store, run, fence) => store.commit(run.id, fence, [entry('a', 'a', true), entry('b', 'b'), entry('c', 'c')]),
    done: (answer, { entries }) => yes(answer) && Object.keys(entries).length === 3,
  },
  'renew()': {
    prepare: held,
    call: (store, run, fence) => store.renew(run.id, fence, 2 * LONG),
    done: (answer, { run }) => answer !== null && run !== undefined && run.leaseUntil >= run.createdAt + 2 * LONG,
  },
  'release()': {
    prepare: held,
    call: (store, run, fence) => store.release(run.id, fence, 'blocked', 'why'),
    done: (answer, { run }) => yes(answer) && run?.status === 'blocked' && run.outcome === 'why',
  },
  'end()': {
    prepare: held,
    call: (store, run, fence) => store.end(run.id, fence, 'succeeded', 'done'),
    done: (answer, { run }) => yes(answer) && run?.status === 'succeeded' && run.outcome === 'done',
  },
  'command()': {
    prepare: held,
    call: (store, run) => store.command(run.id, 'pause', 'why'),
    done: (_, { run }) => run?.command === 'pause' && run.reason === 'why',
  },
  'revive()': {
    prepare: async (store, run, pass) => {
      const fence = await taken(store, run, by('first', { leaseMs: SHORT }))
      await pass(SHORT + 1)
      await store.acquire(run, by('second', { maxCrashes: 0 }))
      return fence
    },
    call: (store, run) => store.revive(run.id),
    done: (_, { run }) => run?.status === 'waiting' && run.crashes === 0,
  },
  'delete()': {
    prepare: async (store, run) => {
      const fence = await taken(store, run)
      await store.commit(run.id, fence, [entry('a', 'a', true), entry('b', 'b')])
      await store.end(run.id, fence, 'failed', 'why')
      return fence
    },
    call: (store, run) => store.delete(run.id),
    done: (answer, { run, entries }) => answer === undefined && run === undefined && Object.keys(entries).length === 0,
  },
  'purge()': {
    prepare: async (store, run, pass) => {
      const fence = await ended(store, run, 'cancelled')
      await pass(2)
      return fence
    },
    call: async (store) => store.purge(['cancelled'], await store.now(), 10),
    done: (_, { run, entries }) => run === undefined && Object.keys(entries).length === 0,
  },
}
