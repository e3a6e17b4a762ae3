import type { Snapshots } from '@pipe/redaction'
import { EVENT_NAMES, isTrouble, type Levels, type LogEvent } from './events.ts'
import { type FieldName, type Fields, names, stepNameOf } from './fields.ts'
import type { RunLogs, StepStyle } from './run-log.ts'
import type { LogLevel, Sink } from './sink.ts'

/** What lines are written with, and whether. */
export interface Journal {
  readonly sink: Sink
  readonly levels: Levels
  readonly runs: RunLogs
  readonly snapshots: Snapshots
  /** Whether inputs and outputs are written, of runs and of steps that do not say it themselves. */
  readonly input: boolean
  readonly output: boolean
}

/** The level of a line, or `false` when nobody would see it. */
export function levelOf({ levels, sink }: Journal, event: LogEvent, style?: StepStyle): LogLevel | false {
  const level = style?.level === undefined || isTrouble(event) ? levels[event] : style.level
  return level !== false && sink.enabled(level) && level
}

/** The fields of a line about a run. Lines are made by assignment: spreading costs as much as all the rest. */
export const runFields = (event: LogEvent, pipeline: string): Fields => ({
  [names.event]: EVENT_NAMES[event],
  [names.pipeline]: pipeline,
})

/**
 * The fields of a line about a step or an item; `path` is that of `stepId` as it is shown. The names are
 * written out: computed ones make every line cost 7 % more.
 */
export const stepFields = (event: LogEvent, pipeline: string, stepId: string, path: string): Fields =>
  ({
    'pipe.event': EVENT_NAMES[event],
    'pipe.pipeline.name': pipeline,
    'pipe.step.name': stepNameOf(stepId),
    'pipe.step.path': path,
  }) satisfies Partial<Record<FieldName, unknown>>

/** Only keys of items are not written by whoever wrote the pipeline. */
export const shownPath = (snapshots: Snapshots, path: string) => (path.includes('[') ? snapshots.text(path) : path)

/** Milliseconds with so many digits as a clock has. */
export const rounded = (ms: number) => Math.round(ms * 1_000) / 1_000
