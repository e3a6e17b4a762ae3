const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What to do when the process ends. */
export interface Leaving {
  /** It ends. */
  readonly exit: () => void
  /** A signal came: it may end. */
  readonly interrupt: () => void
  /** It goes on all the same. */
  readonly stay: () => void
}

/**
 * Tells of the end of the process before it comes. What a signal does is not changed by that: without a listener of the
 * program it ends the process.
 *
 * @returns a function that lets go of the process
 */
export function onLeaving({ exit, interrupt, stay }: Leaving): () => void {
  // First of all listeners: one of `once` is gone when it is called, and others may write past us.
  process.prependListener('exit', exit)
  const releases = SIGNALS.map((signal) => {
    const listen = () => process.prependListener(signal, listener)
    const release = () => process.off(signal, listener)
    const listener = () => {
      release()
      interrupt()
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
      else {
        setImmediate(() => {
          if (!isWatching) return
          listen()
          stay()
        })
      }
    }
    listen()
    return release
  })
  let isWatching = true
  return () => {
    isWatching = false
    process.off('exit', exit)
    for (const release of releases) release()
  }
}
