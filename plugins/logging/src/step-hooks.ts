import { abortCodeOf, type Hooks, type StepEnd, type StepEvent, type StepStatus } from '@pipe/core'
import { isTrouble, type LogEvent } from './events.ts'
import { exceptionFields, isError, messageFor, safely } from './exception.ts'
import { countName, type Fields, names } from './fields.ts'
import { type Journal, levelOf, rounded, shownPath, stepFields } from './journal.ts'
import type { RunLog, StepStyle } from './run-log.ts'

const NOTHING: ReadonlySet<unknown> = new Set()

/** A line about a step that has not ended: what it adds to the fields, and what it says. */
type Telling<E extends StepEvent> = (fields: Fields, event: E, style: StepStyle | undefined) => string

const WORDS: Readonly<Record<StepStatus, string>> = {
  succeeded: 'succeeded',
  restored: 'was restored',
  skipped: 'was skipped',
  failed: 'failed',
  cancelled: 'was cancelled',
}

/** Looked up: a text that is put together anew for each line costs more to find in `levels` than all else. */
const ENDS: Readonly<Record<'step' | 'item', Readonly<Record<StepStatus, LogEvent>>>> = {
  step: {
    succeeded: 'step:succeeded',
    restored: 'step:restored',
    skipped: 'step:skipped',
    failed: 'step:failed',
    cancelled: 'step:cancelled',
  },
  item: {
    succeeded: 'item:succeeded',
    restored: 'item:restored',
    skipped: 'item:skipped',
    failed: 'item:failed',
    cancelled: 'item:cancelled',
  },
}

/** The observers that write what becomes of steps and of the items of maps. */
export function stepHooks(journal: Journal): Partial<Hooks> {
  const { runs, snapshots } = journal

  /** Writes a line, unless nobody wants it. */
  const line = <E extends StepEvent>(about: LogEvent, event: E, tell: Telling<E>) => {
    const { runId, pipeline, stepId } = event
    const run = runs.of(runId)
    const style = run.styleOf(stepId)
    const level = levelOf(journal, about, style)
    if (level === false || (!isTrouble(about) && !run.keeps(stepId))) return
    const path = shownPath(snapshots, stepId)
    const fields = stepFields(about, pipeline, stepId, path)
    const what = tell(fields, event, style)
    run.sink.write(level, fields, `step ${path} ${what}`)
  }

  /** Adds why something did not succeed, where there is more to it than the reason. */
  const addFailure = (fields: Fields, run: RunLog, { status, error }: StepEnd) => {
    if (status !== 'failed' && isAbort(error)) return
    Object.assign(fields, exceptionFields(error, snapshots, run.told))
    run.told.add(error)
  }

  /** Whether a line was written, or would have been if somebody wanted it. */
  const ended = (run: RunLog, kind: 'step' | 'item', event: StepEnd, key?: string): boolean => {
    const { pipeline, stepId, status, attempts, output, error, reason } = event
    const about = ENDS[kind][status]
    const style = run.styleOf(stepId)
    const level = levelOf(journal, about, style)
    if (level === false) return true
    if (status !== 'failed' && !run.keeps(stepId)) return false
    const path = shownPath(snapshots, stepId)
    const fields = stepFields(about, pipeline, stepId, path)
    fields[names.stepStatus] = status
    if (key !== undefined) fields[names.key] = snapshots.text(key)
    if (attempts > 0) {
      fields[names.attempts] = attempts
      fields[names.duration] = rounded(event.durationMs)
    }
    if (reason !== undefined) fields[names.stepReason] = reason
    const items = kind === 'step' ? run.itemsOf(stepId) : undefined
    for (const what in items) fields[countName(what)] = items[what]
    if (style?.item !== undefined) fields[names.input] = snapshots.of(style.item)
    if ((style?.output ?? journal.output) && output !== undefined) fields[names.output] = snapshots.of(output)
    if (status === 'failed' || status === 'cancelled') addFailure(fields, run, event)
    const why = status === 'failed' ? messageFor(error, snapshots) : reason
    run.sink.write(level, fields, `${kind} ${path} ${WORDS[status]}${why === undefined ? '' : `: ${why}`}`)
    return true
  }

  return {
    'step:start': (event) =>
      line('step:start', event, (fields, { needs, waitMs }, style) => {
        if (waitMs !== undefined) fields[names.wait] = rounded(waitMs)
        if (style?.input ?? journal.input) fields[names.input] = snapshots.of(needs)
        return 'started'
      }),
    'step:attempt': (event) =>
      line('step:attempt', event, (fields, { attempt }) => {
        fields[names.attempt] = attempt
        return `started attempt ${attempt}`
      }),
    'step:progress': (event) =>
      line('step:progress', event, (fields, { value }) => {
        fields[names.progress] = snapshots.of(value)
        return 'goes on'
      }),
    'step:retry': (event) => {
      runs.of(event.runId).itemsOf(event.stepId) // what is counted at the end is what the last attempt did
      line('step:retry', event, (fields, { attempt, delayMs, error }) => {
        fields[names.attempt] = attempt
        fields[names.delay] = rounded(delayMs)
        Object.assign(fields, exceptionFields(error, snapshots, NOTHING))
        const next = `the next one starts in ${rounded(delayMs)} ms`
        return `failed in attempt ${attempt}, ${next}: ${messageFor(error, snapshots)}`
      })
    },
    'step:end': (event) => {
      const run = runs.of(event.runId)
      ended(run, 'step', event)
      run.forget(event.stepId)
    },
    'map:item': (event) => {
      const run = runs.of(event.runId)
      const { stepId, mapId, status } = event
      if (!ended(run, 'item', event, event.key)) run.sampler.leftOut(mapId)
      run.sampler.settled(mapId, stepId, status)
      run.forget(stepId)
    },
    'step:undo': (event) => {
      if (!('error' in event)) return line('step:undo', event, () => 'was undone')
      return line('step:undo-failed', event, (fields, { error }) => {
        Object.assign(fields, exceptionFields(error, snapshots, NOTHING))
        return `could not be undone: ${messageFor(error, snapshots)}`
      })
    },
  }
}

/** Whether an error says nothing but that its work was told to end. */
function isAbort(error: unknown): boolean {
  if (error === undefined || abortCodeOf(error) !== undefined) return true
  return isError(error) && safely(() => error.name === 'AbortError', false)
}
