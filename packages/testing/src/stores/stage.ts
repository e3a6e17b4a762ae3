import type { Awaitable } from '@pipe/core'
import type { StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { rest } from '../patience.ts'
import type { StoreBackend } from './store-check.ts'

/** A backend with nothing in it, and clients of it. */
export interface Stage {
  readonly backend: StoreBackend
  /** An open client. */
  readonly store: StateStore
  /** Another open client of the same runs; the same one when the store says that it is not shared. */
  readonly other: StateStore
  /** Opens one more, as `other`. */
  readonly open: () => Promise<StateStore>
  /** Lets so many ms pass on the clock of the store, or a little more. */
  readonly pass: (ms: number) => Promise<void>
}

/** So many real ms more than were asked for may pass. */
const LATE = 2_000

/** Lets a check use a new backend. Whatever becomes of it, what it opened is closed and the backend removed. */
export async function onStage(
  make: () => Awaitable<StoreBackend>,
  check: (stage: Stage) => Promise<void>,
): Promise<void> {
  const backend = await make()
  const opened = new Set<StateStore>()
  const open = async () => {
    const [first] = opened
    if (first?.shared === false) return first
    const store = backend.client()
    opened.add(store)
    await store.open()
    return store
  }
  try {
    const store = await open()
    await check({ backend, store, other: await open(), open, pass: (ms) => pass(backend, store, ms) })
  } finally {
    // There are rules for `close` itself.
    await Promise.allSettled([...opened].map((store) => store.close()))
    await backend.remove?.()
  }
}

/** Lets so many ms pass on the clock of a backend, as a client of it tells. */
export async function pass({ advance }: StoreBackend, store: StateStore, ms: number): Promise<void> {
  const end = (await store.now()) + ms
  await (advance === undefined ? rest(ms) : advance(ms))
  const late = end + (advance === undefined ? LATE : 0)
  for (let now = await store.now(); now < end; now = await store.now()) {
    must(
      advance === undefined && now < late,
      `${ms} ms should have passed, and \`now()\` tells ${now} instead of ${end} or more`,
      'answer `now()` with the time that `advance` lets pass, in epoch ms; leave `advance` out when the clock cannot be set',
    )
    await rest(1)
  }
}
