/** An option for tests, as a plugin adds its own: by declaration merging. */
declare module '@pipe/core' {
  interface StepOptions {
    /** Owned by no plugin but those that a test makes. */
    readonly label?: string
    readonly colour?: 'red' | 'blue'
  }
}

export {}
