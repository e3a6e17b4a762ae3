import type { Plan } from '@pipe/core'

/**
 * What runs again when the steps at some paths do: those, what they are part of, what is inside them, and everything
 * that comes after any of it, be it only in order. The iterations of a loop follow each other: all of them.
 *
 * @param again paths in the plan
 */
export function downstream(plan: Plan, again: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  collect(plan, again, false, found)
  return found
}

/** Answers whether anything of the plan runs again. */
function collect({ nodes, edges }: Plan, again: ReadonlySet<string>, all: boolean, into: Set<string>): boolean {
  const before = Map.groupBy(edges, ({ to }) => to)
  let any = false
  for (const { id, kind, inner } of nodes) {
    const whole = all || again.has(id) || (before.get(id)?.some(({ from }) => into.has(from)) ?? false)
    const part = inner !== undefined && collect(inner, again, whole, into)
    if (part && !whole && kind === 'loop') collect(inner, again, true, into)
    if (!whole && !part) continue
    into.add(id)
    any = true
  }
  return any
}
