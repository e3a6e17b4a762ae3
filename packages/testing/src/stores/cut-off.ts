import { isPipelineError } from '@pipe/core'
import type { StateStore } from '@pipe/state'
import { differences, shown } from '../checks/differences.ts'
import { must } from '../finding.ts'
import { newRun, whole, type Whole } from './asking.ts'
import { calls } from './calls.ts'
import { changes } from './changes.ts'
import type { StoreRule } from './rule.ts'
import { pass } from './stage.ts'

/** Ends a check unless what a call that was cut off rejects with says that it may be called again. */
function mayBeAskedAgain(error: unknown, what: string): void {
  must(
    isPipelineError(error, 'STORE_UNAVAILABLE'),
    `${what}, it rejects with ${shown(error)} instead of \`STORE_UNAVAILABLE\``,
    'reject with a `PipelineError` of that code, and the error of the client as its cause, when the backend cannot be reached: what else is thrown fails the run',
  )
}

export const saysUnavailable: StoreRule = {
  name: 'rejects with `STORE_UNAVAILABLE` when its backend cannot be reached, if that can be tried',
  async check({ backend, store }) {
    const { cutOff } = backend
    if (cutOff === undefined) return
    if (!store.shared) await store.close()
    await using(cutOff(0), async (client) => {
      for (const [method, call] of Object.entries(calls(client))) {
        await call().catch((error: unknown) => mayBeAskedAgain(error, `when ${method}() cannot reach the backend`))
      }
    })
  },
}

/** The most commands that a call may need. */
const MOST = 50

export const isAllOrNothing: StoreRule = {
  name: 'does all of a call or nothing when it is cut off, and all of it when it is called again, if that can be tried',
  async check({ backend, store }) {
    const { cutOff } = backend
    if (cutOff === undefined) return
    if (!store.shared) await store.close()
    for (const [what, { prepare, call, done }] of Object.entries(changes)) {
      for (let commands = 0; ; commands++) {
        must(
          commands < MOST,
          `${what} is not done after ${MOST} commands`,
          'let `cutOff(n)` reject after n commands, and only then',
        )
        const run = newRun()
        const [fence, before] = await using(backend.client(), async (client) => {
          const fence = await prepare(client, run, (ms) => pass(backend, client, ms))
          return [fence, await whole(client, run.id)]
        })
        const whether = await using(cutOff(commands), (client) =>
          call(client, run, fence).then(
            () => 'answered',
            (error: unknown) => {
              mayBeAskedAgain(error, `when ${what} was cut off after ${commands} command(s) to the backend`)
              return 'cut off'
            },
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
