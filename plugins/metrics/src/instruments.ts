import type { Instrument, Labels, Measure, MetricsSink } from './sink.ts'

const run = ['pipeline']
const endedRun = ['pipeline', 'status']
const step = ['pipeline', 'step']
const endedStep = ['pipeline', 'step', 'status']

/** Binds an instrument to labels. */
export type Bind = (labels: Labels) => Measure

/** Everything that is measured without being asked. */
export type Instruments = Readonly<Record<keyof ReturnType<typeof instrumentsOf>, Bind>>

/** Makes the instruments in `sink`; `buckets` are in seconds. */
export function instrumentsOf(sink: MetricsSink, prefix: string, buckets: readonly number[]) {
  const make = (kind: Instrument['kind'], name: string, unit: string, labels: readonly string[], description: string) =>
    sink({
      kind,
      name: `${prefix}.${name}`,
      unit,
      description,
      labels,
      buckets: kind === 'histogram' ? buckets : [],
    })
  return {
    runs: make('counter', 'runs', '{run}', endedRun, 'Runs that have ended.'),
    runDuration: make('histogram', 'run.duration', 's', endedRun, 'Time from the start of a run to its end.'),
    activeRuns: make('upDownCounter', 'active_runs', '{run}', run, 'Runs that have begun and not ended.'),
    steps: make('counter', 'steps', '{step}', endedStep, 'Steps that have settled, never started ones included.'),
    stepDuration: make(
      'histogram',
      'step.duration',
      's',
      endedStep,
      'Time from the first attempt of a step to its end.',
    ),
    activeSteps: make('upDownCounter', 'active_steps', '{step}', step, 'Steps that have started and not settled.'),
    waitTime: make('histogram', 'step.wait_time', 's', step, 'Time that a step was ready and waited for its turn.'),
    attempts: make('counter', 'step.attempts', '{attempt}', step, 'Attempts of steps and map items that have settled.'),
    retries: make(
      'counter',
      'step.retries',
      '{attempt}',
      step,
      'Failed attempts of steps and map items that are repeated.',
    ),
    items: make('counter', 'map.items', '{item}', endedStep, 'Map items that have settled.'),
    itemDuration: make(
      'histogram',
      'map.item.duration',
      's',
      endedStep,
      'Time from the first attempt of a map item to its end.',
    ),
  }
}
