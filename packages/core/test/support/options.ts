/** An option for tests, as a plugin adds its own: by declaration merging. */
declare module '@pipe/core' {
  interface StepOptions {
    /** Owned by no plugin but those that a test makes. */
    readonly label?: string
    readonly colour?: 'red' | 'blue'
  }
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- declarations merge only when their parameters agree
  interface StepContext<U> {
    /** Made by no plugin but those of tests. */
    readonly tenant?: string
    readonly shout?: (text: string) => void
  }
}

export {}
