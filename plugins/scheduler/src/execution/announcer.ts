import { createPipe, type ErrorReporter, type Events, type Hooks } from '@pipe/core'
import type { ExecutionEventName, ExecutionEvents } from './events.ts'

/** Tells those who observe an execution, and after them those who observe its pipe. */
export class Announcer {
  readonly #own: Events
  readonly #ofPipe: Events

  /** @param onError gets what own listeners throw; what those of the pipe throw goes where the pipe says */
  constructor(ofPipe: Events, onError: ErrorReporter | undefined) {
    this.#ofPipe = ofPipe
    // The emitter of core comes with a pipe.
    this.#own = createPipe(onError === undefined ? {} : { onError }).events
  }

  get events(): ExecutionEvents {
    return this.#own
  }

  /** Whether anybody observes `name`: asked before an event is made. */
  observes(name: ExecutionEventName): boolean {
    return this.#own.listenerCount(name) > 0 || this.#ofPipe.listenerCount(name) > 0
  }

  tell<E extends ExecutionEventName>(name: E, ...event: Parameters<Hooks[E]>): void {
    this.#own.emit(name, ...event)
    this.#ofPipe.emit(name, ...event)
  }

  /** Forgets the own listeners. */
  clear(): void {
    this.#own.removeAllListeners()
  }
}
