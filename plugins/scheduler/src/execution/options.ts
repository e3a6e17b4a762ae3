import {
  checkOptions,
  type Clock,
  type ErrorReporter,
  type OptionRule,
  type OptionRules,
  type Pipeline,
  type RunArguments,
  type RunOptions,
} from '@pipe/core'
import type { BlackboardOf, WithoutBlackboard } from './blackboard.ts'

/** What is kept of the ticks. */
export interface HistoryOptions {
  /** Most ticks, the oldest of which is forgotten first: a whole number from 1 up. Default 1,000. */
  readonly limit?: number
}

/** What an execution is made with. Everything is optional but the blackboard, if the steps use one. */
export interface ExecutionOptions {
  /** Default: a new UUID version 7. */
  readonly id?: string
  /** Services by id; those of the pipe that have the same id are not used, nor is one of it that is called `blackboard`. */
  readonly services?: Readonly<Record<string, unknown>>
  /**
   * Options of the runs that the passes are. Those that a run refuses make the first tick impossible. `timeout` is about a
   * whole pass: it goes on between ticks and in pauses. `grace` bounds `stop`. Default: none.
   */
  readonly run?: Omit<RunOptions, 'id' | 'signal' | 'services'>
  /** What is kept of the ticks; `false` for nothing. Default: the last 1,000. */
  readonly history?: false | HistoryOptions
  /** Time, for intervals and for what is measured. Default: that of the machine. Where the pipe has another one, give it here too. */
  readonly clock?: Clock
  /** Gets what listeners throw; it changes nothing. Default: `console.error`. */
  readonly onError?: ErrorReporter
}

/** The option `blackboard`, where the steps use `B`. */
type Initially<B> = Record<never, never> extends B ? { readonly blackboard?: B } : { readonly blackboard: B }

/** Arguments none of which may be left out, where the blackboard `B` may not. The length makes the compiler say which. */
type Demanding<B, A> =
  Record<never, never> extends B
    ? A
    : A extends readonly [input?: infer I, options?: infer Options]
      ? readonly [input: I, options: Exclude<Options, undefined>] & { readonly length: 2 }
      : never

/**
 * What follows the pipeline `P` where an execution is made: its input, and the options. The blackboard, and services that
 * are not in `S`, must be given if the pipeline requires them; whatever is not required may be left out.
 */
export type ExecutionArguments<P, S> =
  P extends Pipeline<infer I, infer O, infer Q>
    ? Demanding<
        BlackboardOf<Q>,
        RunArguments<Pipeline<I, O, WithoutBlackboard<Q>>, S, ExecutionOptions & Initially<BlackboardOf<Q>>>
      >
    : never

/** {@link ExecutionOptions} as they are without types. */
export type AnyExecutionOptions = ExecutionOptions & { readonly blackboard?: object }

const isClock = (value: unknown) => {
  const { now, monotonic, setTimeout, clearTimeout } = (value ?? {}) as Partial<Clock>
  return [now, monotonic, setTimeout, clearTimeout].every((method) => typeof method === 'function')
}
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const anObject: OptionRule = ['an object', isObject]
/** An object that leaves these to the execution. */
const without = (...names: readonly string[]): OptionRule => [
  `an object without ${names.join(', ')}`,
  (value) => isObject(value) && names.every((name) => (value as Record<string, unknown>)[name] === undefined),
]
const isLimit = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1

const rules: OptionRules<AnyExecutionOptions> = {
  id: ['a non-empty string', (value) => typeof value === 'string' && value !== ''],
  blackboard: anObject,
  services: without('blackboard'),
  run: without('id', 'signal', 'services', 'paused'),
  history: ['false or an object', (value) => value === false || isObject(value)],
  clock: ['a clock', isClock],
  onError: ['a function', (value) => typeof value === 'function'],
}

const ofHistory: OptionRules<HistoryOptions> = { limit: ['a whole number from 1 up', isLimit] }

const OWNER = 'createExecution()'

/** @throws PipelineError `OPTION_INVALID` */
export function checkedOptions(options: AnyExecutionOptions): AnyExecutionOptions {
  return checkOptions(options, rules, { owner: OWNER })
}

/**
 * Most ticks that are kept; 0 for none.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function historyLimitOf({ history = {} }: ExecutionOptions): number {
  if (history === false) return 0
  return checkOptions(history, ofHistory, { owner: OWNER, path: 'history' }).limit ?? 1_000
}
