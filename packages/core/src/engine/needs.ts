import { INPUT } from '../graph.ts'
import type { CompiledNode, MakeNeeds } from './compiled.ts'

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
  return (values, input) => {
    const needs: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) {
      const source = sources[i]!
      needs[names[i]!] = source === INPUT ? input : values[source]
    }
    return needs
  }
}

/** What a node reads. One thing by name is what most read: no closure, whose context would have to be fetched too. */
export function needsOf(node: CompiledNode, values: readonly unknown[], input: unknown): unknown {
  const { name, source } = node
  if (name === null) return node.needs(values, input)
  const needs: Record<string, unknown> = {}
  needs[name] = source === INPUT ? input : values[source]
  return needs
}
