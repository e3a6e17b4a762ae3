import { createPipe, type Pipe, type PipelineError, type Plugin, type Run, type RunResult } from '@pipe/core'
import { expect } from 'vitest'
import { type FakeClock, fakeClock } from '../fake-clock.ts'
import type { PluginSubject } from '../plugin-check.ts'
import { turn } from '../turn.ts'

/** A pipe on a clock that stands still. */
export interface Stage {
  readonly clock: FakeClock
  readonly pipe: Pipe<object>
  /** What must not change a run and was reported instead. */
  readonly reports: readonly PipelineError[]
}

/** Makes a stage for `plugins`, with the services of the subject. */
export function stageOf({ services }: PluginSubject, plugins: readonly Plugin[]): Stage {
  const clock = fakeClock()
  const reports: PipelineError[] = []
  const onError = (error: PipelineError) => void reports.push(error)
  const pipe = createPipe({ plugins, clock, services: services(), random: () => 0.5, onError })
  return { clock, pipe, reports }
}

/** The most timers that a check lets fire. */
const PATIENCE = 500

/** Lets time pass, from timer to timer, until `promise` has settled. */
export async function outcome<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const settled = promise.then(
    () => true,
    () => true,
  )
  const hasSettled = () => Promise.race([settled, turn().then(() => false)])
  for (let i = 0; i < PATIENCE; i++) {
    if (await hasSettled()) return promise
    if ((await clock.advanceToNext()) === undefined) break
  }
  expect(await hasSettled(), 'the run must end').toBe(true)
  return promise
}

/** What became of a run, without times and ids. */
export async function result(clock: FakeClock, run: Run<unknown>): Promise<object> {
  return plain(await outcome(clock, run.result))
}

function plain({ status, output, error, steps }: RunResult): object {
  const each = Object.entries(steps).map(([path, { status, output, error, reason, attempts, undo, items }]) => [
    path,
    { status, output, error: error?.message, reason, attempts, undo: undo === 'done' ? undo : undo?.message, items },
  ])
  return { status, output, error: error?.message, steps: Object.fromEntries(each) as object }
}
