import { type Plugin } from '@pipe/core'
declare module '@pipe/core' {
  interface StepOptions {
    readonly retry?: number | { readonly maxAttempts: number; readonly initialDelay?: `${number}ms` }
  }
}
export function retry(): Plugin {
  return {
    name: 'retry',
    stepOptions: ['retry'],
    policy({ options }) {
      const max = typeof options.retry === 'number' ? options.retry : options.retry?.maxAttempts
      if (max === undefined) return undefined
      return ({ attempt, ctx }) => (attempt < max ? { retryAt: ctx.now() + 100 * 2 ** (attempt - 1) } : undefined)
    },
  }
}
