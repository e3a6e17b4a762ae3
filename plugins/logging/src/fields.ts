/** Fields of a line by name. */
export type Fields = Record<string, unknown>

/**
 * The names of all fields. What went wrong is told in the words of OpenTelemetry's semantic conventions; they have none
 * for pipelines (`cicd.*` is about building software), so the rest is under `pipe.`.
 */
export const names = {
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  stacktrace: 'exception.stacktrace',

  event: 'pipe.event',
  pipeline: 'pipe.pipeline.name',
  version: 'pipe.pipeline.version',
  runId: 'pipe.run.id',
  runStatus: 'pipe.run.status',
  runReason: 'pipe.run.reason',
  step: 'pipe.step.name',
  path: 'pipe.step.path',
  stepStatus: 'pipe.step.status',
  stepReason: 'pipe.step.reason',
  attempts: 'pipe.step.attempts',
  key: 'pipe.item.key',
  attempt: 'pipe.attempt.number',
  wait: 'pipe.step.wait_ms',
  delay: 'pipe.retry.delay_ms',
  duration: 'pipe.duration_ms',
  input: 'pipe.input',
  output: 'pipe.output',
  progress: 'pipe.progress',
  error: 'pipe.error',
} as const

/** One of the names. */
export type FieldName = (typeof names)[keyof typeof names]

/** The field of a tag of a run. */
export const tagName = (tag: string) => `pipe.run.tag.${tag}`

/** The field that says how many items of a map there were, failed … */
export const countName = (what: string) => `pipe.map.${what}_count`

/** The key of an item in a path: `[42]`. A bracket that belongs to the key is escaped. */
export const ITEM_KEY = /\[(?:\\.|[^\\\]])*\]/gs

/** The name of a step: its path without the keys of items, so that it says the same of all items. */
export function stepNameOf(path: string): string {
  return path.includes('[') ? path.replace(ITEM_KEY, '') : path
}
