declare const process: { readonly env: Readonly<Record<string, string | undefined>> } | undefined

const asked = typeof process === 'undefined' ? undefined : process.env['PIPE_PROPERTY_RUNS']

/**
 * How many cases a property tries: `usual` ones, the same each time, so that a change is judged by what it changes; or as
 * many new ones as the environment variable PIPE_PROPERTY_RUNS says.
 */
export function cases(usual: number): { readonly numRuns: number; readonly seed?: number } {
  return asked === undefined ? { numRuns: usual, seed: 1 } : { numRuns: Number(asked) }
}

/** No property is a test of speed: as many cases as one likes may take their time. */
export const patiently = { timeout: 600_000 }
