import { isPipelineError } from '@pipe/core'
import type { StateStore } from '@pipe/state'
import { shown } from '../checks/differences.ts'
import { must } from '../finding.ts'
import { all, by, entry, newRun, tells } from './asking.ts'
import { calls } from './calls.ts'
import type { StoreRule } from './rule.ts'

/** The most that a store may say it takes. */
const MOST_BYTES = 256 * 1024 * 1024

export const saysWhatItIs: StoreRule = {
  name: 'says what it is, and begins with nothing in it',
  async check({ store }) {
    const { name, durable, shared, maxValueBytes } = store
    const todo = 'see the fields of `StateStore`'
    must(typeof name === 'string' && name !== '', `its \`name\` is ${shown(name)}`, todo)
    must(typeof durable === 'boolean', `its \`durable\` is ${shown(durable)}`, todo)
    must(typeof shared === 'boolean', `its \`shared\` is ${shown(shared)}`, todo)
    must(
      Number.isSafeInteger(maxValueBytes) && maxValueBytes >= 1_024 && maxValueBytes <= MOST_BYTES,
      `its \`maxValueBytes\` is ${shown(maxValueBytes)}`,
      'say how many bytes a value may have: a whole number, from 1 KiB to 256 MiB, since a value is one string in memory',
    )
    for (const method of Object.keys(calls(store))) {
      must(typeof Reflect.get(store, method) === 'function', `it has no method \`${method}\``, todo)
    }
    const runs = await all((after) => store.list({}, 1_000, after))
    must(
      runs.length === 0,
      `${runs.length} run(s) are in it before the check has made one`,
      'make a backend of its own for each check: another file, schema or prefix of keys',
    )
  },
}

/** Ends a check unless each method rejects since the store is not open. */
async function refuses(store: StateStore, when: string, remedy: string): Promise<void> {
  for (const [method, call] of Object.entries(calls(store))) {
    const thrown = await call().then(
      (answer) => `answers ${shown(answer)}`,
      (error: unknown) => (isPipelineError(error, 'STORE_CLOSED') ? '' : `rejects with ${shown(error)}`),
    )
    must(thrown === '', `${when}, ${method}() ${thrown} instead of rejecting with \`STORE_CLOSED\``, remedy)
  }
  if (store.watch === undefined) return
  let refused = false
  try {
    store.watch(() => undefined)()
  } catch (error) {
    refused = isPipelineError(error, 'STORE_CLOSED')
  }
  must(refused, `${when}, watch() does not throw \`STORE_CLOSED\``, remedy)
}

const GUARD = 'wrap the store in `guardStore` of @pipe/state, which sees to it'

export const refusesBeforeOpen: StoreRule = {
  name: 'answers nothing before it is open, and may be closed then',
  async check({ backend }) {
    const store = backend.client()
    await refuses(store, 'before `open`', GUARD)
    await store.close()
    await refuses(store, 'after `close` without `open`', GUARD)
  },
}

export const refusesAfterClose: StoreRule = {
  name: 'answers nothing after it was closed, and may be closed again',
  async check({ store }) {
    const closing = store.close()
    await refuses(store, 'after `close`', GUARD)
    await closing
    await store.close()
    await refuses(store, 'after `close` was called twice', GUARD)
  },
}

export const opensOnce: StoreRule = {
  name: 'may be opened again, also while it opens, and nothing is lost by it',
  async check({ backend, store: first }) {
    if (!first.shared) await first.close()
    const store = backend.client()
    await Promise.all([store.open(), store.open()])
    const run = newRun()
    await store.acquire(run, by('first'))
    await store.open()
    const known = await store.get(run.id)
    await store.close()
    tells(known, { id: run.id }, 'after another `open`, of a run in it', GUARD)
  },
}

export const tellsTime: StoreRule = {
  name: 'tells its own time, in epoch ms, and every time in a run is of that clock',
  async check({ store, other, pass }) {
    const run = newRun()
    const start = await store.now()
    must(
      Number.isFinite(start) && start > Date.UTC(2000, 0, 1) && start < Date.UTC(2200, 0, 1),
      `\`now()\` answers ${shown(start)}`,
      'answer with milliseconds since 1970, of the clock of the store',
    )
    const { fence, run: made } = await store.acquire(run, by('first', { leaseMs: 10_000 }))
    const created = await store.now()
    const todo = 'take every time from one clock: that of the server, or of the one process'
    const between = (time: number | undefined, from: number, to: number, what: string) =>
      must(
        time !== undefined && time >= from && time <= to,
        `\`${what}\` is ${time} for what happened between ${from} and ${to}`,
        todo,
      )
    between(made.createdAt, start, created, 'createdAt')
    between(made.updatedAt, start, created, 'updatedAt')
    between(made.leaseUntil, start + 10_000, created + 10_000, 'leaseUntil')
    await pass(5)
    const later = await other.now()
    must(later >= created + 5, `two clients tell times that differ: ${created} and, 5 ms later, ${later}`, todo)
    await other.renew(run.id, fence!, 20_000)
    const quiet = 'leave `updatedAt` as it is when a lease is renewed'
    tells(await other.get(run.id), { updatedAt: made.updatedAt }, 'after a renewal', quiet)
    await store.commit(run.id, fence!, [entry('a', 'b')])
    between((await store.get(run.id))?.updatedAt, later, await store.now(), 'updatedAt')
    await store.end(run.id, fence!, 'succeeded', '')
    const over = await store.get(run.id)
    between(over?.endedAt, later, await store.now(), 'endedAt')
    tells(over, { createdAt: made.createdAt, leaseUntil: 0 }, 'after the end of a run', todo)
  },
}
