import { INPUT } from '../graph.ts'

/** Makes the object or array that a step reads, from the outputs of a graph. */
export type MakeNeeds = (values: readonly unknown[], input: unknown) => unknown

/**
 * Compiles a {@link MakeNeeds}; `names` is `null` for an array. A plain loop: with many different names it beats object
 * literals with computed keys, cloned templates and classes of getters (1.3 to 4 times).
 */
export function compileNeeds(names: readonly string[] | null, sources: readonly number[]): MakeNeeds {
  if (names === null) {
    return (values, input) => {
      const needs = new Array<unknown>(sources.length)
      for (let i = 0; i < sources.length; i++) {
        const source = sources[i]!
        needs[i] = source === INPUT ? input : values[source]
      }
      return needs
    }
  }
  if (names.length === 1) {
    const name = names[0]!
    const source = sources[0]!
    return (values, input) => {
      const needs: Record<string, unknown> = {}
      needs[name] = source === INPUT ? input : values[source]
      return needs
    }
  }
  return (values, input) => {
    const needs: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) {
      const source = sources[i]!
      needs[names[i]!] = source === INPUT ? input : values[source]
    }
    return needs
  }
}
