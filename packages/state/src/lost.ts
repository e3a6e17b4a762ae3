import type { RunOptions } from '@pipe/core'

const listeners = new WeakMap<RunOptions, () => void>()

/**
 * Calls `listener` when the run that is started with this very object of options loses its lease: another process may
 * have it, while functions of it may still run here.
 */
export function whenLost(options: RunOptions, listener: () => void): void {
  listeners.set(options, listener)
}

/** The run that was started with `options` has lost its lease. */
export const tellLost = (options: RunOptions): void => listeners.get(options)?.()
