import { type Clock, PipelineError, type TimerHandle } from '@pipe/core'

/** How long nothing has to happen until what was recorded and did not appear is not waited for any longer, ms. */
const PATIENCE = 1_000

/**
 * The end of a run that must not go on, for it is being undone or was cancelled, in a process that did not see it
 * begin: what was completed has to appear before it can be undone; what was not is held until then, and fails.
 */
export class Ending {
  readonly #clock: Clock
  #error: PipelineError | null = null
  /** Keys of what was completed and has not appeared. */
  #expected = new Set<string>()
  #held: ((error: Error) => void)[] = []
  #timer: TimerHandle

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What the run has to end with; `null` while it may go on. */
  get error(): PipelineError | null {
    return this.#error
  }

  /** @param expected keys of what was completed */
  begin(error: PipelineError, expected: readonly string[]): void {
    this.#error = error
    this.#expected = new Set(expected)
  }

  /** Something that was completed has appeared. */
  met(key: string): void {
    this.#expected.delete(key)
    if (this.#held.length > 0) this.#wait()
  }

  /** Holds a step that must not run; rejects with what the run ends with when everything that can appear has. */
  hold(): Promise<never> {
    return new Promise((_, reject) => {
      this.#held.push(reject)
      this.#wait()
    })
  }

  #wait(): void {
    this.#clock.clearTimeout(this.#timer)
    // A turn at least: what becomes ready by what has just appeared has its turn first.
    this.#timer = this.#clock.setTimeout(() => this.#release(), this.#expected.size === 0 ? 0 : PATIENCE)
  }

  #release(): void {
    for (const reject of this.#held.splice(0)) reject(this.#error!)
  }
}

/** What a run ends with that somebody asked to cancel. */
export function cancelled(pipeline: string, reason: string | undefined): PipelineError {
  const words = reason === undefined ? '' : `: ${reason}`
  const details = { pipeline, ...(reason !== undefined && { cause: reason }) }
  return new PipelineError('CANCELLED', `Pipeline "${pipeline}" was cancelled${words}.`, details)
}
