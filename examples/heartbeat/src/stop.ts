import { constants } from 'node:os'
import { exitCodes } from '@pipe/core'

/** Whether the service is to stop; disposing it lets go of the signals. */
export interface Stop extends Disposable {
  /** Resolves when it is to stop. */
  readonly asked: Promise<void>
  /** Exit code of the process, as shells count signals. */
  readonly exitCode: number
  /** Asks it to stop, as `q` does. */
  readonly quit: () => void
  /** Asks it to stop, as a signal does: the first hands back, the second ends the process at once. */
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
}

/** Hears Ctrl-C and SIGTERM. */
export function onStop(): Stop {
  const { promise: asked, resolve: ask } = Promise.withResolvers<undefined>()
  let exitCode: number = exitCodes.ok
  const signal = (name: 'SIGINT' | 'SIGTERM') => {
    const code = 128 + constants.signals[name]
    if (exitCode !== exitCodes.ok) process.exit(code)
    exitCode = code
    ask(undefined)
  }
  process.on('SIGINT', signal).on('SIGTERM', signal)
  return {
    asked,
    get exitCode() {
      return exitCode
    },
    quit: () => ask(undefined),
    signal,
    [Symbol.dispose]: () => process.off('SIGINT', signal).off('SIGTERM', signal),
  }
}
