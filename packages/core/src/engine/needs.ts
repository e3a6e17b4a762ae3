import { INPUT } from '../graph.ts'

/** Makes the object or array that a step reads, from the outputs of a graph. */
export type MakeNeeds = (values: readonly unknown[], input: unknown) => unknown

/** Compiles a {@link MakeNeeds}; `names` is `null` for an array. */
export function compileNeeds(names: readonly string[] | null, sources: readonly number[]): MakeNeeds {
  const read = (values: readonly unknown[], input: unknown, source: number) =>
    source === INPUT ? input : values[source]
  if (names === null) return (values, input) => sources.map((source) => read(values, input, source))
  return (values, input) => {
    const needs: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) needs[names[i]!] = read(values, input, sources[i]!)
    return needs
  }
}
