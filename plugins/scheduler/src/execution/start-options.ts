import { checkOptions, type Duration, invalidOption, type OptionRules, toMs } from '@pipe/core'

/** How an execution is to tick by itself. */
export interface StartExecutionOptions {
  /** `auto`: back to back. `interval`: the first tick at once, the k-th after it `k` intervals after the start. */
  readonly mode: 'auto' | 'interval'
  /** From one tick to the next in the mode `interval`: 10 ms or more. Default 100 ms. */
  readonly interval?: Duration
  /** Whether the interval counts from the end of a tick to the start of the next. Default false. */
  readonly fixedDelay?: boolean
  /** Stops after so many ticks: a whole number from 1 up. The pass is kept, and the next tick goes on with it. Default: no limit. */
  readonly maxTicks?: number
  /** Stops when a pass has ended. Default true; with false the next pass follows. */
  readonly stopOnTerminal?: boolean
  /** Stops, as `stop` does, when it aborts. */
  readonly signal?: AbortSignal
}

/** {@link StartExecutionOptions} that were checked, with the defaults. */
export interface Start {
  readonly mode: 'auto' | 'interval'
  readonly intervalMs: number
  readonly fixedDelay: boolean
  /** `Infinity` for no limit. */
  readonly maxTicks: number
  readonly stopOnTerminal: boolean
  readonly signal: AbortSignal | undefined
}

const SHORTEST = 10

const rules: OptionRules<StartExecutionOptions> = {
  mode: ["'auto' or 'interval'; an execution that nobody starts ticks by hand", (value) => isMode(value)],
  interval: ["a finite duration from 10 ms up, as milliseconds or a string such as '1s'", (value) => isInterval(value)],
  fixedDelay: ['true or false', (value) => typeof value === 'boolean'],
  maxTicks: ['a whole number from 1 up', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
  stopOnTerminal: ['true or false', (value) => typeof value === 'boolean'],
  signal: ['an AbortSignal', (value) => typeof (value as Partial<AbortSignal> | null)?.addEventListener === 'function'],
}

const isMode = (value: unknown) => value === 'auto' || value === 'interval'

const isInterval = (value: unknown) => {
  try {
    const ms = toMs(value as Duration)
    return ms >= SHORTEST && ms < Infinity
  } catch {
    return false
  }
}

/** @throws PipelineError `OPTION_INVALID` */
export function startOf(options: StartExecutionOptions): Start {
  const site = { owner: 'start() of an execution' }
  const { mode, interval = 100, ...given } = checkOptions(options, rules, site)
  if ((mode as unknown) === undefined) throw invalidOption(site, undefined, rules.mode[0], 'mode')
  const defaults = { fixedDelay: false, maxTicks: Infinity, stopOnTerminal: true, signal: undefined }
  return { ...defaults, ...given, mode, intervalMs: toMs(interval) }
}
