import type { StateStore } from '@pipe/state'
import { differences, shown } from '../checks/differences.ts'
import { must } from '../finding.ts'
import { by, ended, entry, newRun, SHORT, taken, whole, type Whole } from './asking.ts'
import type { StoreRule } from './rule.ts'
import type { Stage } from './stage.ts'

/** A call that may be cut off in the middle. */
interface Cut {
  /** Makes the run that the call is about, and answers with the token of its last lease. */
  readonly prepare: (store: StateStore, run: Run, pass: Stage['pass']) => Promise<number>
  readonly call: (store: StateStore, run: Run, fence: number) => Promise<unknown>
  /** Of the answer to the second call, what shows that it did, or found, what the first should have done. */
  readonly done: (answer: unknown, after: Whole) => boolean
}
type Run = ReturnType<typeof newRun>

const held = (store: StateStore, run: Run) => taken(store, run)
const yes = (answer: unknown) => answer === true

const cuts: Readonly<Record<string, Cut>> = {
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

/** The most commands that a call may need. */
const MOST = 50

export const isAllOrNothing: StoreRule = {
  name: 'does all of a call or nothing when it is cut off, and all of it when it is called again, if that can be tried',
  async check({ backend, store, pass }) {
    const { cutOff } = backend
    if (cutOff === undefined) return
    if (!store.shared) await store.close()
    for (const [what, { prepare, call, done }] of Object.entries(cuts)) {
      for (let commands = 0; ; commands++) {
        must(
          commands < MOST,
          `${what} is not done after ${MOST} commands`,
          'let `cutOff(n)` reject after n commands, and only then',
        )
        const run = newRun()
        const [fence, before] = await using(backend.client(), async (client) => {
          const fence = await prepare(client, run, pass)
          return [fence, await whole(client, run.id)]
        })
        const whether = await using(cutOff(commands), (client) =>
          call(client, run, fence).then(
            () => 'answered',
            () => 'cut off',
          ),
        )
        const [between, answer, after] = await using(backend.client(), async (client) => [
          await whole(client, run.id),
          await call(client, run, fence),
          await whole(client, run.id),
        ])
        const when = `${what} was ${whether} after ${commands} command(s) to the backend`
        const half = [before, after].every((state) => differences(timeless(between), timeless(state)) !== '')
        must(
          !half,
          `${when}, and some of it is done: ${differences(timeless(between), timeless(before))}`,
          'make the call one transaction, or one script of the backend',
        )
        const again = `${when}, and called again`
        must(
          done(answer, after),
          `${again}, it answers ${shown(answer)} and leaves ${shown(after)}`,
          'let the second call find what the first has done, or do it',
        )
        if (whether === 'answered') break
      }
    }
  },
}

async function using<T>(store: StateStore, use: (store: StateStore) => Promise<T>): Promise<T> {
  await store.open()
  try {
    return await use(store)
  } finally {
    await store.close().catch(() => undefined)
  }
}

/** What of a run does not depend on when it was written, nor on how many tokens were given. */
function timeless({ run, entries }: Whole): object {
  if (run === undefined) return { entries }
  const { fence: _, createdAt: _created, updatedAt: _updated, leaseUntil, endedAt, ...rest } = run
  return { run: { ...rest, isLeased: leaseUntil > 0, hasEnded: endedAt !== undefined }, entries }
}
