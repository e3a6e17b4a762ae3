import fc from 'fast-check'

/** A random graph: for each node the smaller nodes it waits for, ascending, each once. */
export function dag(most: number): fc.Arbitrary<readonly (readonly number[])[]> {
  return fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: most }).map((lists) =>
    lists.map((list, index) => {
      const before = index === 0 ? [] : list.map((n) => n % index)
      return [...new Set(before)].sort((a, b) => a - b)
    }),
  )
}
