import type { Logger, RunStart } from '@pipe/core'
import { type Fields, names } from './fields.ts'
import { type ItemCounts, type Sample, Sampler } from './sampler.ts'
import type { LogLevel, Sink } from './sink.ts'

/** What the lines of one step are like; what is not said is as it is for all steps. */
export interface StepStyle {
  /** Level of the lines that do not tell of trouble; `false` leaves them out. */
  readonly level: LogLevel | false | undefined
  readonly input: boolean
  readonly output: boolean
  /** The item of a map that `input` asks for. */
  readonly item: unknown
}

/** So many loggers of contexts are remembered. */
const MOST = 16

/** What the lines of one run have in common. */
export class RunLog {
  readonly #make: () => Sink
  readonly #sample: Sample | null
  #sampler: Sampler | null = null
  #sink: Sink | null = null
  #styles: Map<string, StepStyle> | null = null
  #told: Set<unknown> | null = null
  #loggers: Map<object, Logger> | null = null

  /** @param make makes the sink of the run when its first line is written */
  constructor(make: () => Sink, sample: Sample | null) {
    this.#make = make
    this.#sample = sample
  }

  get sink(): Sink {
    return (this.#sink ??= this.#make())
  }

  /** What was told already, by a line that says that something failed. */
  get told(): Set<unknown> {
    return (this.#told ??= new Set())
  }

  get sampler(): Sampler {
    return (this.#sampler ??= new Sampler(this.#sample))
  }

  /** Whether the lines of a step or an item are written that do not tell of trouble. */
  keeps(path: string): boolean {
    return !path.includes('[') || this.sampler.keeps(path)
  }

  /** How many items of a map that has ended ended how; `undefined` for everything else. */
  itemsOf(path: string): Readonly<ItemCounts> | undefined {
    return this.#sampler?.ended(path)
  }

  styleOf(path: string): StepStyle | undefined {
    return this.#styles?.get(path)
  }

  setStyle(path: string, style: StepStyle): void {
    ;(this.#styles ??= new Map<string, StepStyle>()).set(path, style)
  }

  /** The logger of a context. Contexts ask for it each time they are asked, mostly several times in a row. */
  loggerOf(ctx: object, make: () => Logger): Logger {
    const loggers = (this.#loggers ??= new Map<object, Logger>())
    let logger = loggers.get(ctx)
    if (logger === undefined) {
      if (loggers.size === MOST) loggers.delete(loggers.keys().next().value!)
      loggers.set(ctx, (logger = make()))
    }
    return logger
  }

  /** A step or an item has ended. */
  forget(path: string): void {
    this.#styles?.delete(path)
    this.#sampler?.ended(path)
  }
}

/** The runs that are going on. */
export class RunLogs {
  readonly #sink: Sink
  readonly #sample: Sample | null
  readonly #fieldsOf: (run: RunStart) => Fields
  readonly #logs = new Map<string, RunLog>()

  /** @param fieldsOf what every line of a run has besides its id; never throws */
  constructor(sink: Sink, sample: Sample | null, fieldsOf: (run: RunStart) => Fields) {
    this.#sink = sink
    this.#sample = sample
    this.#fieldsOf = fieldsOf
  }

  begin(run: RunStart): void {
    this.#logs.set(
      run.runId,
      this.#make(run.runId, () => this.#fieldsOf(run)),
    )
  }

  /** A step that outlives its run may still write. */
  of(runId: string): RunLog {
    return this.#logs.get(runId) ?? this.#make(runId, () => ({}))
  }

  end(runId: string): void {
    this.#logs.delete(runId)
  }

  #make(runId: string, more: () => Fields): RunLog {
    return new RunLog(() => this.#sink.child({ ...more(), [names.runId]: runId }), this.#sample)
  }
}
