import type { OptionRule } from '@pipe/core'

/** How a run is started that is recovered: it goes on, and is never begun. */
export interface RecoveryOptions {
  /** Called when the run is lost: another process may have it, while functions of it may still run here. */
  readonly lost: () => void
}

export const recoveryRule: OptionRule = [
  '{ lost: a function }',
  (recovery) => typeof (recovery as Partial<RecoveryOptions> | null)?.lost === 'function',
]
