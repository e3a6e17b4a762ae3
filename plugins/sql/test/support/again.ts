import { definePlugin, type Plugin } from '@pipe/core'

/** Tries what failed again at once, up to so many attempts. */
export const again = (attempts: number): Plugin =>
  definePlugin({
    name: 'again',
    policy: () => (failure) => (failure.attempt < attempts ? { retryAt: failure.ctx.now() } : undefined),
  })
