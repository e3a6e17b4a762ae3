import { createPipe, messageOf, type Pipe, type PipelineError, type Plugin, type Run } from '@pipe/core'
import { type FakeClock, fakeClock } from '../fake-clock.ts'
import { soon } from '../patience.ts'
import { must } from '../finding.ts'
import type { Subject } from './rule.ts'

/** A pipe on a clock that stands still. */
export interface Stage {
  readonly clock: FakeClock
  readonly pipe: Pipe<object>
  /** What must not change a run and was reported instead. */
  readonly reports: readonly PipelineError[]
  /** Closes the pipe. */
  readonly close: () => Promise<void>
}

/** Makes a stage for `plugins`, with the services of the subject. */
export function stageOf({ services }: Subject, plugins: readonly Plugin[]): Stage {
  const clock = fakeClock()
  const reports: PipelineError[] = []
  const onError = (error: PipelineError) => void reports.push(error)
  const pipe = createPipe({ plugins, clock, services: services(), random: () => 0.5, onError })
  return { clock, pipe, reports, close: () => outcome(clock, pipe.close()) }
}

/** The most timers that a check lets fire. */
const MOST = 500

/** Lets time pass, from timer to timer, until `holds` does. Answers whether it did. */
export async function until(clock: FakeClock, holds: () => boolean): Promise<boolean> {
  for (let fired = 0; fired <= MOST; fired++) {
    // Without a timer to fire it can only wait for I/O, which no clock hurries.
    await soon(() => holds() || clock.next !== undefined)
    if (holds() || clock.next === undefined) break
    await clock.advanceToNext().catch((error: unknown) => {
      must(
        false,
        `a callback of a timer throws: ${messageOf(error)}`,
        'catch there what `next()` throws, and answer with it',
      )
    })
  }
  return holds()
}

/** Lets time pass until `promise` has settled. */
export async function outcome<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const settle = () => {
    settled = true
  }
  promise.then(settle, settle)
  must(
    await until(clock, () => settled),
    `a run does not end, whatever timers of its pipe fire (${clock.timers} left)`,
    'wait for nothing but `next`, the signal, I/O that ends, and timers of the `clock` that `setup` gets',
  )
  return promise
}

/** What became of a run, without times and ids. Of several failures it is the one of the first path, not of the first moment. */
export async function result(clock: FakeClock, run: Run<unknown>): Promise<Outcome> {
  const { status, output, error, steps } = await outcome(clock, run.result)
  const each: Record<string, StepOutcome> = {}
  for (const path of Object.keys(steps).sort()) {
    const { status, output, error, reason, attempts, undo, items } = steps[path]!
    const undone = undo === 'done' ? undo : undo?.message
    each[path] = { status, output, error: error?.message, reason, attempts, undo: undone, items }
  }
  const failed = Object.values(each).find(({ status }) => status === 'failed')
  return { status, output, error: failed?.error ?? error?.message, steps: each }
}

/** What became of a run and of each of its steps. */
export interface Outcome extends Answer {
  readonly steps: Readonly<Record<string, StepOutcome>>
}

/** What became of a step. */
interface StepOutcome extends Answer {
  readonly reason: string | undefined
  readonly attempts: number
  readonly undo: string | undefined
  readonly items: unknown
}

/** What became of a run, whoever answered for its steps. */
export interface Answer {
  readonly status: string
  readonly output: unknown
  readonly error: string | undefined
}

/** What a caller sees of a run: a plugin may well answer for a step the second time. */
export const answerOf = ({ status, output, error }: Answer): Answer => ({ status, output, error })
