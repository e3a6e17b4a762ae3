declare const process: { readonly env: Readonly<Record<string, string | undefined>> } | undefined

const asked = typeof process === 'undefined' ? undefined : process.env['PIPE_PROPERTY_RUNS']

/** How many cases a property tries: `usual`, or as many as the environment variable PIPE_PROPERTY_RUNS says. */
export function cases(usual: number): { readonly numRuns: number } {
  return { numRuns: asked === undefined ? usual : Number(asked) }
}
