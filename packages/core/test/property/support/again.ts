import { definePlugin } from '@pipe/core'

declare module '@pipe/core' {
  interface StepOptions {
    /** How often a step is tried again, and how long after a failure, ms. */
    readonly again?: { readonly retries: number; readonly delay: number }
  }
}

/** The smallest retry: so many times, after so long. The option of a map is meant for its items. */
export const again = definePlugin({
  name: 'again',
  stepOptions: ['again'],
  policy: ({ kind, options: { again: option } }) => {
    if (option === undefined || kind === 'map') return undefined
    const { retries, delay } = option
    return ({ attempt, ctx }) => (attempt <= retries ? { retryAt: ctx.now() + delay } : undefined)
  },
})
