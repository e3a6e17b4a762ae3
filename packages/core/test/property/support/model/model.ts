import { lower } from '../lower.ts'
import type { Program } from '../program.ts'
import { type Settings, State } from './state.ts'
import { GraphScope } from './steps.ts'

/** One run. */
export class Model extends State {
  outcome: {
    readonly status: 'succeeded' | 'failed' | 'cancelled'
    readonly output?: unknown
    readonly step?: string
  } | null = null
  readonly #root: GraphScope

  constructor(program: Program, input: unknown, settings: Settings) {
    super(settings)
    this.#root = new GraphScope(this, lower(program), input, '', null, ({ failure, stopped, undo, output }) => {
      if (failure !== null) this.undoAll(undo, () => (this.outcome = { status: 'failed', step: failure }))
      else if (stopped) this.undoAll(undo, () => (this.outcome = { status: 'cancelled' }))
      else this.outcome = { status: 'succeeded', output }
    })
  }

  begin(): void {
    this.#root.sweep()
  }

  cancel(): void {
    if (this.scopes.has(this.#root)) this.#root.stop()
  }
}
