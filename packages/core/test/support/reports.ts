/** Reports for tests, as plugins add their own: by declaration merging. */
declare module '@pipe/core' {
  interface RunReports {
    readonly cost: { readonly euros: number }
    readonly notes: readonly string[]
  }
}

export {}
