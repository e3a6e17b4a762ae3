import { ABSENT } from './board.ts'
import type { Change } from './snapshot.ts'

/** The change from one value to another, either of which may be {@link ABSENT}; `undefined` when they are the same. */
export function difference<T>(from: T | typeof ABSENT, to: T | typeof ABSENT): Change<T> | undefined {
  if (Object.is(from, to)) return undefined
  return { ...(from !== ABSENT && { from }), ...(to !== ABSENT && { to }) }
}

/** Those of `names` that differ, with how. */
export function differences<T>(
  names: Iterable<string>,
  of: (name: string) => Change<T> | undefined,
): Readonly<Record<string, Change<T>>> {
  const found: [string, Change<T>][] = []
  for (const name of names) {
    const change = of(name)
    if (change !== undefined) found.push([name, change])
  }
  return Object.fromEntries(found)
}
