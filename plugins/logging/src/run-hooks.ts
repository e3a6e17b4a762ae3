import { type Hooks, type PipelineError, type RunEnd, type RunEvent, type RunStart } from '@pipe/core'
import type { LogEvent } from './events.ts'
import { errorTypeOf, exceptionFields, messageFor } from './exception.ts'
import { type Fields, names, stepNameOf, tagName } from './fields.ts'
import { type Journal, levelOf, rounded, runFields, shownPath } from './journal.ts'
import type { RunLog } from './run-log.ts'

/** The observers that write what becomes of runs. */
export function runHooks(journal: Journal): Partial<Hooks> {
  const { runs, snapshots, input, output } = journal

  const addTags = (fields: Fields, tags: RunStart['tags']) => {
    const copy = snapshots.of(tags) as Fields
    for (const tag of Object.keys(copy)) fields[tagName(tag)] = copy[tag]
  }

  /** A line that says nothing but that it happened. */
  const plain =
    (event: LogEvent, what: string) =>
    ({ runId, pipeline }: RunEvent) => {
      const level = levelOf(journal, event)
      if (level !== false) runs.of(runId).sink.write(level, runFields(event, pipeline), `run of ${pipeline} ${what}`)
    }

  const ended = (event: RunEnd, log: RunLog) => {
    const { status, pipeline, error, result, durationMs } = event
    const level = levelOf(journal, `run:${status}`)
    if (level === false) return
    const fields = runFields(`run:${status}`, pipeline)
    fields[names.runStatus] = status
    fields[names.duration] = rounded(durationMs)
    if (result.tags !== undefined) addTags(fields, result.tags)
    if (output && status === 'succeeded') fields[names.output] = snapshots.of(result.output)
    if (status === 'cancelled' && error !== undefined) fields[names.runReason] = reasonOf(error)
    if (status === 'failed' && error !== undefined) Object.assign(fields, failureOf(error, log))
    const why = error === undefined ? '' : `: ${messageFor(error, snapshots)}`
    log.sink.write(level, fields, `run of ${pipeline} ${status === 'cancelled' ? 'ended' : status}${why}`)
  }

  const failureOf = (error: PipelineError, { told }: RunLog): Fields => {
    const { step, cause } = error
    if (step === undefined) return exceptionFields(error, snapshots, told)
    const where = { [names.step]: stepNameOf(step), [names.path]: shownPath(snapshots, step) }
    // The line of the step has told the error; this one says where to look.
    const what = told.has(cause) ? { [names.errorType]: errorTypeOf(cause) } : exceptionFields(error, snapshots, told)
    return { ...where, ...what }
  }

  return {
    'run:start': (event) => {
      runs.begin(event)
      const level = levelOf(journal, 'run:start')
      if (level === false) return
      const { runId, pipeline, version, tags } = event
      const fields = runFields('run:start', pipeline)
      if (version !== undefined) fields[names.version] = version
      addTags(fields, tags)
      if (input) fields[names.input] = snapshots.of(event.input)
      runs.of(runId).sink.write(level, fields, `run of ${pipeline} started`)
    },
    'run:pause': plain('run:pause', 'paused'),
    'run:resume': plain('run:resume', 'goes on'),
    'run:end': (event) => {
      const log = runs.of(event.runId)
      runs.end(event.runId)
      ended(event, log)
    },
  }
}

const reasonOf = ({ code }: PipelineError) => code.toLowerCase().replace('_', '-')
