import { INPUT } from '../graph.ts'
import type { Reads } from './compiled.ts'

/** What a reading of outputs comes to, prepared. `names` is `null` for an array. */
export function readsOf(names: readonly string[] | null, sources: readonly number[]): Reads {
  return { name: names?.length === 1 ? names[0]! : null, source: sources[0] ?? INPUT, sources, names }
}

/**
 * Makes the object or array that a step reads, from the outputs of a graph. Plain loops: with many different names they
 * beat object literals with computed keys, cloned templates and classes of getters (1.3 to 4 times), and they need no
 * closure, whose context would have to be fetched as well.
 */
export function needsOf(
  { name, source, names, sources }: Reads,
  values: readonly unknown[],
  input: unknown,
): Record<string, unknown> | unknown[] {
  if (name !== null) {
    // What most steps read.
    const needs: Record<string, unknown> = {}
    needs[name] = source === INPUT ? input : values[source]
    return needs
  }
  if (names === null) {
    const needs = new Array<unknown>(sources.length)
    for (let i = 0; i < sources.length; i++) {
      const index = sources[i]!
      needs[i] = index === INPUT ? input : values[index]
    }
    return needs
  }
  const needs: Record<string, unknown> = {}
  for (let i = 0; i < names.length; i++) {
    const index = sources[i]!
    needs[names[i]!] = index === INPUT ? input : values[index]
  }
  return needs
}
