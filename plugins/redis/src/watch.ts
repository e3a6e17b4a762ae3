import { listen, type RedisClient } from './client.ts'

/** Listeners to a channel, which share a connection while there are any. */
export interface Watch {
  readonly add: (listener: (message: string) => void) => () => void
  /** Ends all of them; resolves when no connection is left. */
  readonly close: () => Promise<void>
}

/** Nobody listens yet, and no connection is made. */
export function watchOf(client: RedisClient, channel: string): Watch {
  // Each call of `add` has an object of its own: the same function may be given twice.
  const listeners = new Set<{ readonly listener: (message: string) => void }>()
  const closing = new Set<Promise<void>>()
  let hangUp: (() => Promise<void>) | undefined

  const end = () => {
    listeners.clear()
    if (hangUp === undefined) return
    const closed = hangUp().finally(() => closing.delete(closed))
    closing.add(closed)
    hangUp = undefined
  }
  return {
    add: (listener) => {
      const one = { listener }
      listeners.add(one)
      hangUp ??= listen(client, channel, (message) => {
        for (const { listener } of [...listeners]) listener(message)
      })
      return () => {
        if (listeners.delete(one) && listeners.size === 0) end()
      }
    },
    close: async () => {
      end()
      await Promise.all(closing)
    },
  }
}
