import { constants } from 'node:os'

/** Whether the process was told to stop; disposing it lets go of the signals. */
export interface Stop extends Disposable {
  /** Aborts when it is told to. */
  readonly signal: AbortSignal
  /** Exit code of a process that was told to stop, as shells count; `undefined` as long as it was not. */
  exitCode(): number | undefined
}

/**
 * Calls `handBack` when the process is told to stop, by Ctrl-C or SIGTERM, and ends the process at once when it is told
 * again.
 */
export function onStop(handBack: () => void): Stop {
  const controller = new AbortController()
  let code: number | undefined
  const stop = (name: 'SIGINT' | 'SIGTERM') => {
    if (code !== undefined) process.exit(code)
    code = 128 + constants.signals[name]
    controller.abort()
    handBack()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return {
    signal: controller.signal,
    exitCode: () => code,
    [Symbol.dispose]: () => process.off('SIGINT', stop).off('SIGTERM', stop),
  }
}
