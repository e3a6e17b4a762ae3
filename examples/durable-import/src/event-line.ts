import { type PipeEvent, serializeError } from '@pipe/core'

/** Data of steps, which may be large, is left out; the output of the whole run is not. */
const OMITTED = new Set(['needs', 'input', 'result'])

/** An event as a line of NDJSON. */
export function eventLine(event: PipeEvent): string {
  const output = event.type === 'run:end' ? { output: event.result.output } : {}
  const { output: _, ...known } = { output: undefined, ...event }
  return `${JSON.stringify({ ...known, ...output }, (key, value: unknown) =>
    OMITTED.has(key) ? undefined : value instanceof Error ? serializeError(value) : value,
  )}\n`
}
