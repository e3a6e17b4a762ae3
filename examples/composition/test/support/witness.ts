import { createPipe, type Pipe, type PipeEvent, type Plugin, type Run, type RunResult } from '@pipe/core'
import { recordHooks } from '@pipe/testing'
import { everyPlugin, type PluginName } from './every-plugin.ts'
import { type Instruments, instruments, type Line } from './instruments.ts'
import type { Requires, Scenario } from './scenario.ts'
import type { DrawnSpan } from './spans.ts'
import { type Stored, storedOf } from './stored.ts'

/** All that a run leaves behind, as data: the same run leaves the same. */
export interface Seen {
  readonly result: RunResult
  /** What observers were told, in that order. */
  readonly events: readonly PipeEvent[]
  readonly lines: readonly Line[]
  readonly series: readonly string[]
  readonly spans: readonly DrawnSpan[]
  /** What `progress` wrote. */
  readonly shown: readonly string[]
  /** What the store has of it. */
  readonly stored: Stored
  /** What plugins reported to `onError` of the pipe. */
  readonly reported: readonly string[]
  /** Timers that still tick when the pipe is closed. */
  readonly timers: number
}

/** A scenario that runs in a pipe. */
export interface Watched {
  readonly pipe: Pipe<Requires>
  readonly run: Run<unknown>
  /** Closes the pipe when the run has ended, and answers with what is left. */
  readonly end: () => Promise<Seen>
}

/** Runs a scenario in a pipe with these plugins, in this order, on a clock that stands still. */
export async function witness(
  names: readonly PluginName[],
  scenario: Scenario,
  ...more: readonly Plugin[]
): Promise<Seen> {
  const their = instruments()
  return watch([...make(names, their), ...more], their, scenario)
}

/** The plugins with these names, in this order. */
export const make = (names: readonly PluginName[], their: Instruments): readonly Plugin[] =>
  names.map((name) => everyPlugin[name](their))

/** The same for plugins that were made already. */
export async function watch(plugins: readonly Plugin[], their: Instruments, scenario: Scenario): Promise<Seen> {
  const { clock } = their
  const { run, end } = start(plugins, their, scenario)
  await scenario.act?.(run, clock)
  await clock.advance('1h')
  await run.result
  await clock.advance('1h') // whoever did not listen returns
  return end()
}

/** Starts a scenario, without its act. */
export function start(plugins: readonly Plugin[], their: Instruments, { pipeline, options }: Scenario): Watched {
  const { clock, store, lines, series, spans, shown } = their
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
  const end = async () => {
    const result = await run.result
    await pipe.close()
    await store.open() // for when nobody recorded anything
    const stored = await storedOf(store, result.runId)
    const written = { lines: [...lines], series: await series(), spans: spans(), shown: shown(), stored, reported }
    return { ...plainly({ result, events: hooks.events, ...written }), timers: clock.timers }
  }
  return { pipe, run, end }
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
