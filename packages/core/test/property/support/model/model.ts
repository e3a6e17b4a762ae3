import { lower } from '../lower.ts'
import type { Program } from '../program.ts'
import { type Settings, State } from './state.ts'
import { GraphScope } from './steps.ts'

interface Outcome {
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly output?: unknown
  /** The step that failed first. */
  readonly step?: string
}

/** One run. */
export class Model extends State {
  outcome: Outcome | null = null
  readonly #root: GraphScope

  constructor(program: Program, input: unknown, settings: Settings) {
    super(settings)
    this.#root = new GraphScope(this, lower(program), input, '', null, ({ failure, stopped, undo, output }) => {
      if (failure !== null) this.undoAll(undo, () => this.#end({ status: 'failed', step: failure }))
      else if (stopped) this.undoAll(undo, () => this.#end({ status: 'cancelled' }))
      else this.#end({ status: 'succeeded', output })
    })
  }

  #end(outcome: Outcome): void {
    this.outcome = outcome
    for (const [path, { aborted }] of this.running) {
      const result = this.results.get(path)
      if (aborted && result !== undefined) result.stillRunning = true
    }
  }

  begin(): void {
    this.#root.sweep()
  }

  cancel(): void {
    if (this.scopes.has(this.#root)) this.#root.stop()
  }
}
