import { createPipe, type PipeEvent, type Plugin, type RunResult } from '@pipe/core'
import { fakeClock, recordHooks } from '@pipe/testing'
import { everyPlugin, type PluginName } from './every-plugin.ts'
import { instruments, type Line } from './instruments.ts'
import type { Scenario } from './scenario.ts'
import type { DrawnSpan } from './spans.ts'

/** All that a run leaves behind, as data: the same run leaves the same. */
export interface Seen {
  readonly result: RunResult
  /** What observers were told, in that order. */
  readonly events: readonly PipeEvent[]
  readonly lines: readonly Line[]
  readonly series: readonly string[]
  readonly spans: readonly DrawnSpan[]
  /** What plugins reported to `onError` of the pipe. */
  readonly reported: readonly string[]
  /** Timers that still tick when the pipe is closed. */
  readonly timers: number
}

/** Runs a scenario in a pipe with these plugins, in this order, on a clock that stands still. */
export async function witness(
  names: readonly PluginName[],
  scenario: Scenario,
  ...more: readonly Plugin[]
): Promise<Seen> {
  const their = instruments()
  return watch([...names.map((name) => everyPlugin[name](their)), ...more], their, scenario)
}

/** The same for plugins that were made already. */
export async function watch(
  plugins: readonly Plugin[],
  { lines, series, spans }: ReturnType<typeof instruments>,
  { pipeline, options, act }: Scenario,
): Promise<Seen> {
  const clock = fakeClock()
  const reported: string[] = []
  const onError = ({ message }: Error) => void reported.push(message)
  const pipe = createPipe({
    plugins,
    clock,
    random: () => 0.5,
    newId: () => 'run-1',
    onError,
    services: { time: clock },
  })
  const hooks = recordHooks(pipe)
  const run = pipe.start(pipeline, undefined, options)
  await act?.(run, clock)
  await clock.advance('1h')
  const result = await run.result
  await clock.advance('1h') // whoever did not listen returns
  await pipe.close()
  const seen = { result, events: hooks.events, lines: [...lines], series: await series(), spans: spans(), reported }
  return { ...plainly(seen), timers: clock.timers }
}

/** As data, without stacks: these go through the plugins, in the order of the list. */
function plainly<T>(value: T): T {
  const known = (name: string, field: unknown): unknown => {
    if (name === 'stack' || name === 'exception.stacktrace') return undefined
    if (!(field instanceof Error)) return field
    const { message, cause } = field
    return Object.assign({}, field, { message, cause })
  }
  return JSON.parse(JSON.stringify(value, known)) as T
}
