import type { Hooks } from '@pipe/core'
import type { Events } from '../emitter.ts'
import type { ExecutionStatus, Tick } from './status.ts'

/** Fields of every event of an execution. */
export interface ExecutionEvent {
  readonly executionId: string
  /** Name of the pipeline. */
  readonly pipeline: string
  /** When it happened, epoch ms. */
  readonly at: number
}

/** An execution was started, paused, resumed, stopped. */
export interface ExecutionStateEvent extends ExecutionEvent {
  /** The status from now on. */
  readonly status: ExecutionStatus
}

/** What was started came to its own end. */
export interface ExecutionComplete extends ExecutionStateEvent {
  /** `terminal`: a pass has ended; `max-ticks`: there were as many ticks as there should be. */
  readonly reason: 'terminal' | 'max-ticks'
}

/** A tick was impossible. */
export interface ExecutionFailed extends ExecutionStateEvent {
  readonly error: unknown
}

/** A tick begins. */
export interface TickStart extends ExecutionEvent {
  readonly tick: number
  readonly pass: number
}

/** A tick has ended, with its answer. */
export type TickEnd = ExecutionEvent & Tick

/** A value of the blackboard changed. */
export interface BlackboardChange extends ExecutionEvent {
  /** Number of the last tick that began: the one in which it happened, unless it was changed from outside. */
  readonly tick: number
  readonly key: string
  /** `undefined` when it was taken off. */
  readonly value: unknown
  /** `undefined` when it was not there. */
  readonly previous: unknown
}

declare module '@pipe/core' {
  interface Hooks {
    /** Plugins and the events of a pipe hear of all executions on that pipe. */
    'execution:start': (event: ExecutionStateEvent) => void
    'execution:pause': (event: ExecutionStateEvent) => void
    'execution:resume': (event: ExecutionStateEvent) => void
    /** It was told to stop. */
    'execution:stop': (event: ExecutionStateEvent) => void
    'execution:complete': (event: ExecutionComplete) => void
    'execution:error': (event: ExecutionFailed) => void
    'tick:start': (event: TickStart) => void
    'tick:end': (event: TickEnd) => void
    'blackboard:change': (event: BlackboardChange) => void
  }
}

/** The names of the events of executions. */
export type ExecutionEventName = Extract<keyof Hooks, `${'execution' | 'tick' | 'blackboard'}:${string}`>

/** The events of executions by name. */
export type ExecutionHooks = Pick<Hooks, ExecutionEventName>

/** The events of one execution. */
export type ExecutionEvents = Events<ExecutionHooks>
