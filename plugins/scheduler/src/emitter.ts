import { messageOf, PipelineError } from '@pipe/core'

/** Names of events, and what listeners to them look like. */
type Hooks<H> = { readonly [K in keyof H]: (event: never) => unknown }

/** Where listeners are added and removed. They are called synchronously, in the order in which they were added. */
export interface Events<H> {
  /** Calls `listener` each time. */
  on<K extends keyof H>(name: K, listener: H[K]): this
  /** Calls `listener` the next time, and then no more. */
  once<K extends keyof H>(name: K, listener: H[K]): this
  /** Calls `listener` no more; one that was added twice is called once. */
  off<K extends keyof H>(name: K, listener: H[K]): this
}

interface Added {
  readonly listener: unknown
  readonly call: (event: never) => unknown
}

/** Events of an object of this package. What a listener throws, or rejects with, is reported and goes no further. */
export class Emitter<H extends Hooks<H>> implements Events<H> {
  readonly #report: (error: PipelineError) => void
  readonly #lists = new Map<keyof H, readonly Added[]>()

  constructor(report: (error: PipelineError) => void) {
    this.#report = report
  }

  /** Whether anybody listens. */
  observes(name: keyof H): boolean {
    return this.#lists.has(name)
  }

  emit<K extends keyof H>(name: K, ...[event]: Parameters<H[K]>): void {
    // Lists are replaced, never changed, so a listener may come or go while they are called.
    for (const { call } of this.#lists.get(name) ?? []) {
      try {
        const returned = call(event) as PromiseLike<unknown> | undefined
        if (typeof returned?.then === 'function')
          returned.then(undefined, (error: unknown) => this.#failed(name, error))
      } catch (error) {
        this.#failed(name, error)
      }
    }
  }

  on<K extends keyof H>(name: K, listener: H[K]): this {
    return this.#add(name, { listener, call: listener })
  }

  once<K extends keyof H>(name: K, listener: H[K]): this {
    let isDue = true
    const call = (event: never) => {
      // It may be called in the midst of the next time already.
      if (!isDue) return undefined
      isDue = false
      this.#remove(name, (one) => one === added)
      return listener(event)
    }
    const added: Added = { listener, call }
    return this.#add(name, added)
  }

  off<K extends keyof H>(name: K, listener: H[K]): this {
    this.#remove(name, (one) => one.listener === listener)
    return this
  }

  /** Forgets all listeners. */
  clear(): void {
    this.#lists.clear()
  }

  #add(name: keyof H, added: Added): this {
    this.#lists.set(name, [...(this.#lists.get(name) ?? []), added])
    return this
  }

  /** Takes the last one off that is meant. */
  #remove(name: keyof H, isMeant: (one: Added) => boolean): void {
    const list = this.#lists.get(name) ?? []
    const index = list.findLastIndex(isMeant)
    const left = index < 0 ? list : list.toSpliced(index, 1)
    if (left.length > 0) this.#lists.set(name, left)
    else this.#lists.delete(name)
  }

  #failed(name: keyof H, cause: unknown): void {
    const message = `A listener to "${String(name)}" threw: ${messageOf(cause)}`
    try {
      this.#report(new PipelineError('OBSERVER_FAILED', message, { cause }))
    } catch {
      // There is nobody left to tell, and nothing may be changed by it.
    }
  }
}
