import {
  type AnyPipeline,
  deserializeError,
  type ErrorData,
  isPipelineError,
  messageOf,
  type Pipe,
  type Pipeline,
  PipelineError,
  type RunOptions,
  uuidv7,
} from '@pipe/core'
import type { RecoverSettings } from './recover-options.ts'
import { infoOf } from './run-info.ts'
import type { StoredRun } from './store.ts'
import { headOf, readRunData, writeError } from './stored-run.ts'

/** What is no trouble: another process was faster, or somebody asked for it. */
const EXPECTED: readonly unknown[] = ['RUN_TAKEN', 'RUN_PAUSED', 'SHUTDOWN']

/** A run that could not be started waits at most so many times as long as it does at first. */
const MOST_PATIENCE = 16

/** So many judgements are remembered. */
const MOST_JUDGED = 100_000

/** How long it takes at most to block a run, ms. */
const MOMENT = 30_000

/** A run that could not be started: when it may be tried again, by the monotonic clock, and how long that was, ms. */
interface Rest {
  readonly until: number
  readonly ms: number
}

/** Goes on with single runs, and remembers with which it cannot. */
export class Recoverer {
  readonly #pipe: Pipe<unknown>
  readonly #settings: RecoverSettings
  /** Ids of runs that were started here and of which something still runs, maybe although they were lost. */
  readonly #here = new Set<string>()
  /** Runs that could not go on with the definition here, and what was judged: it would be judged the same again. */
  readonly #judged = new Map<string, string>()
  readonly #resting = new Map<string, Rest>()

  constructor(pipe: Pipe<unknown>, settings: RecoverSettings) {
    this.#pipe = pipe
    this.#settings = settings
  }

  /** Whether it can be gone on with here and now, for all that is known. */
  takes(run: StoredRun): boolean {
    const { id, status, command } = run
    if (!this.#settings.only(id)) return false
    if (status !== 'blocked') this.#judged.delete(id)
    if (this.#here.has(id) || command === 'pause' || this.#judged.get(id) === judgedBy(run)) return false
    const rest = this.#resting.get(id)
    return rest === undefined || rest.until <= this.#settings.clock.monotonic()
  }

  /**
   * Goes on with a run if nobody has it. Never rejects: what goes wrong is told.
   *
   * @param leave called when it is lost: functions of it may still run, but it does not count any more
   * @returns when nothing of it runs here any more
   */
  async recover(id: string, leave: () => void): Promise<void> {
    const { store, onError } = this.#settings
    if (this.#here.has(id)) return
    this.#here.add(id)
    try {
      const before = await store.get(id)
      if (before === undefined || before.endedAt !== undefined || !this.#isFree(before)) return
      const error = await this.#start(before, leave)
      const after = error === undefined ? undefined : await store.get(id)
      if (error === undefined || after === undefined || after.endedAt !== undefined) {
        this.#forget(id)
        return
      }
      if (after.status === 'blocked') this.#judge(after)
      if (EXPECTED.includes(error.code)) return
      if (error.code === 'INPUT_INVALID') await this.#block(after, error)
      else if (after.status !== 'blocked') this.#rest(id)
      onError(explained(deserializeError(error)), id)
    } catch (error) {
      this.#rest(id)
      onError(explained(error), id)
    } finally {
      this.#here.delete(id)
    }
  }

  /** Whether it may be taken, as it is now: it was found some time ago. */
  #isFree(run: StoredRun): boolean {
    return run.command !== 'pause' && run.status !== 'dead' && this.#judged.get(run.id) !== judgedBy(run)
  }

  /** Answers what the run ended with here, unless it succeeded. */
  async #start(run: StoredRun, leave: () => void): Promise<ErrorData | undefined> {
    const { store, codec, options: optionsOf } = this.#settings
    const { input, tags, options } = readRunData(codec, run.data)
    const own = optionsOf(infoOf(codec, run, await store.now()))
    const whole: RunOptions = { ...options, tags, ...own, id: run.id, recovery: { lost: leave } }
    // What was recorded as the input of this pipeline is one.
    const pipeline = this.#pipelineOf(run) as Pipeline<unknown, unknown>
    return (await this.#pipe.start(pipeline, input, whole).result).error
  }

  #pipelineOf({ pipeline, data }: StoredRun): AnyPipeline {
    const named = this.#settings.pipelines.filter(({ name }) => name === pipeline)
    const { version } = headOf(data)
    return named.find((one) => one.version === version) ?? named.at(-1)!
  }

  /** Blocks a run that `durable()` was not asked about: its input is refused here, and may be taken elsewhere. */
  async #block({ id, pipeline, data }: StoredRun, error: ErrorData): Promise<void> {
    const { store } = this.#settings
    const request = { owner: `recover:${uuidv7()}`, leaseMs: MOMENT, maxCrashes: Number.MAX_SAFE_INTEGER }
    const { fence, run } = await store.acquire({ id, pipeline, data }, request)
    if (fence === null) return
    await store.release(id, fence, 'blocked', writeError(deserializeError(error), store.maxValueBytes))
    this.#judge(run)
  }

  #judge(run: StoredRun): void {
    this.#judged.set(run.id, judgedBy(run))
    // Of runs that ended elsewhere nobody hears: those that were judged first are forgotten in the end.
    if (this.#judged.size > MOST_JUDGED) this.#judged.delete(this.#judged.keys().next().value!)
  }

  #rest(id: string): void {
    const { clock, everyMs } = this.#settings
    const before = this.#resting.get(id)?.ms
    const ms = before === undefined ? everyMs : Math.min(before * 2, everyMs * MOST_PATIENCE)
    if (this.#resting.size > MOST_JUDGED) this.#resting.clear()
    this.#resting.set(id, { until: clock.monotonic() + ms, ms })
  }

  #forget(id: string): void {
    this.#judged.delete(id)
    this.#resting.delete(id)
  }
}

/** A pipe without `durable()` knows nothing of recovering, and one with another store nothing of the run. */
function explained(cause: unknown): unknown {
  const isUnknown = isPipelineError(cause, 'RUN_UNKNOWN')
  if (!isUnknown && !messageOf(cause).startsWith('`recovery` of the run')) return cause
  const message = 'The pipe of recover() has no durable() with the store of recover(): give both of them the same.'
  return new PipelineError('OPTION_INVALID', message, { cause })
}

/** What a judgement depends on, besides definitions, which stay the same here: another run of that id, another command. */
const judgedBy = ({ createdAt, command }: StoredRun) => `${createdAt} ${command}`
