import type { Entry } from '@pipe/state'

/** What the entries of a run say that must not happen again. */
export interface Recorded {
  /** Paths of steps that have a result. */
  readonly steps: ReadonlySet<string>
  /** Paths of steps that were undone. */
  readonly undone: ReadonlySet<string>
  /** How many attempts have failed, by paths of steps that wait for another. */
  readonly attempts: ReadonlyMap<string, number>
}

/** Reads what `durable()` wrote: see `record.ts` of `@pipe/state` for the form of the keys and values. */
export function recordedIn(entries: readonly Entry[]): Recorded {
  const [steps, undone, attempts] = [new Set<string>(), new Set<string>(), new Map<string, number>()]
  for (const { key, value } of entries) {
    const path = key.slice(2)
    if (key.startsWith('s:')) steps.add(path)
    else if (key.startsWith('u:')) undone.add(path)
    else if (key.startsWith('w:')) {
      const head = JSON.parse(value.slice(0, value.indexOf('\n'))) as { readonly attempts: number }
      attempts.set(path, head.attempts)
    }
  }
  return { steps, undone, attempts }
}
