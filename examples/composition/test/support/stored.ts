import type { StateStore } from '@pipe/state'

/** What a store has of a run, as data. */
export interface Stored {
  /** `succeeded`, `waiting` and so on; `undefined` when nothing is known of the run. */
  readonly status: string | undefined
  /** What it ended with. */
  readonly outcome: unknown
  /** What was recorded of steps, items and waits, by key. */
  readonly entries: Readonly<Record<string, unknown>>
}

export async function storedOf(store: StateStore, id: string): Promise<Stored> {
  const entries: [string, unknown][] = []
  for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
    const page = await store.entries(id, after)
    for (const { key, value } of page.items) entries.push([key, contentOf(value)])
    after = page.next
  }
  const run = await store.get(id)
  return { status: run?.status, outcome: contentOf(run?.outcome ?? ''), entries: Object.fromEntries(entries.sort()) }
}

/** A line of JSON and what follows, or only what follows. */
function contentOf(value: string): unknown {
  if (!value.startsWith('{')) return value
  const [head = '', ...body] = value.split('\n')
  return [JSON.parse(head), ...body]
}

/** Paths of what is recorded: it is not to be done again. */
export const recordedIn = ({ entries }: Stored): readonly string[] =>
  Object.keys(entries).flatMap((key) => (key.startsWith('s:') ? [key.slice(2)] : []))

/** What waits for another attempt, by path: how many attempts have failed, and when the next one is due. */
export function waitsIn({ entries }: Stored): ReadonlyMap<string, Wait> {
  const waits = Object.entries(entries).filter(([key]) => key.startsWith('w:') && !(`s:${key.slice(2)}` in entries))
  return new Map(waits.map(([key, content]) => [key.slice(2), (content as readonly [Wait])[0]]))
}

/** Paths of what runs others and had an attempt that was being taken back. */
export const takenBackIn = ({ entries }: Stored): readonly string[] =>
  Object.keys(entries).flatMap((key) => (key.startsWith('a:') ? [key.slice(2)] : []))

interface Wait {
  readonly attempts: number
  /** Epoch ms. */
  readonly retryAt: number
}
