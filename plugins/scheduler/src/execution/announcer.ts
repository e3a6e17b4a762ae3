import type { ErrorReporter, Events as PipeEvents, Hooks } from '@pipe/core'
import { Emitter } from '../emitter.ts'
import type { ExecutionEventName, ExecutionEvents, ExecutionHooks } from './events.ts'

/** Tells those who observe an execution, and after them those who observe its pipe. */
export class Announcer {
  readonly #own: Emitter<ExecutionHooks>
  readonly #ofPipe: PipeEvents

  /** @param report gets what own listeners throw; what those of the pipe throw goes where the pipe says */
  constructor(ofPipe: PipeEvents, report: ErrorReporter) {
    this.#ofPipe = ofPipe
    this.#own = new Emitter(report)
  }

  get events(): ExecutionEvents {
    return this.#own
  }

  /** Whether anybody observes `name`: asked before an event is made. */
  observes(name: ExecutionEventName): boolean {
    return this.#own.observes(name) || this.#ofPipe.listenerCount(name) > 0
  }

  tell<E extends ExecutionEventName>(name: E, ...event: Parameters<Hooks[E]>): void {
    this.#own.emit(name, ...event)
    this.#ofPipe.emit(name, ...event)
  }

  /** Forgets the own listeners. */
  clear(): void {
    this.#own.clear()
  }
}
