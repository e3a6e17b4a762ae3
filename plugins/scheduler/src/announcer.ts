import type { ErrorReporter, Hooks, Events as PipeEvents } from '@pipe/core'
import { Emitter, type Events } from './emitter.ts'

/** Tells those who observe something of this package, and after them those who observe its pipe. */
export class Announcer<N extends keyof Hooks> {
  readonly #own: Emitter<Pick<Hooks, N>>
  readonly #ofPipe: PipeEvents

  /** @param report gets what own listeners throw; what those of the pipe throw goes where the pipe says */
  constructor(ofPipe: PipeEvents, report: ErrorReporter) {
    this.#ofPipe = ofPipe
    this.#own = new Emitter(report)
  }

  get events(): Events<Pick<Hooks, N>> {
    return this.#own
  }

  /** Whether anybody observes `name`: asked before an event is made. */
  observes(name: N): boolean {
    return this.#own.observes(name) || this.#ofPipe.listenerCount(name) > 0
  }

  tell<E extends N>(name: E, ...event: Parameters<Hooks[E]>): void {
    this.#own.emit(name, ...event)
    this.#ofPipe.emit(name, ...event)
  }

  /** Forgets the own listeners. */
  clear(): void {
    this.#own.clear()
  }
}
