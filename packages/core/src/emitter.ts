import type TypedEmitter from 'typed-emitter'
import { messageOf, PipelineError } from './errors.ts'
import { type Hooks, isNoEvent } from './hooks.ts'

/** Typed events with the interface of Node's `EventEmitter`. */
// `typed-emitter` takes no interface: an interface could still grow.
export type Events = TypedEmitter<Pick<Hooks, keyof Hooks>>

type Name = keyof Hooks
type Listener = (event: never) => unknown

/** Reports an error that must not change a run. */
export type ErrorReporter = (error: PipelineError) => void

/**
 * An event emitter without Node. Listeners are called synchronously, own ones before those of the parent; what they
 * throw, or a promise of theirs rejects with, is reported and goes no further.
 */
export class Emitter implements Events {
  readonly #parent: Emitter | null
  readonly #report: ErrorReporter
  readonly #lists: Partial<Record<Name, readonly Listener[]>> = {}
  #size = 0

  constructor(report: ErrorReporter, parent: Emitter | null = null) {
    this.#report = report
    this.#parent = parent
  }

  /** Whether anybody observes anything. */
  get observed(): boolean {
    return this.#size > 0 || (this.#parent !== null && this.#parent.observed)
  }

  /** Whether anybody observes `name`. */
  observes(name: Name): boolean {
    return (this.#size > 0 && this.#lists[name] !== undefined) || (this.#parent !== null && this.#parent.observes(name))
  }

  emit<E extends Name>(name: E, ...args: Parameters<Hooks[E]>): boolean {
    const list = this.#lists[name]
    // Lists are replaced, never changed, so a listener may come or go while they are called.
    if (list !== undefined) for (const listener of list) this.#call(name, listener, args[0])
    const above = this.#parent?.emit(name, ...args) ?? false
    return list !== undefined || above
  }

  #call(name: string, listener: Listener, event: unknown): void {
    try {
      const returned = listener(event as never) as PromiseLike<unknown> | undefined
      if (typeof returned?.then === 'function') returned.then(undefined, (error: unknown) => this.#failed(name, error))
    } catch (error) {
      this.#failed(name, error)
    }
  }

  #failed(name: string, cause: unknown): void {
    this.#report(new PipelineError('OBSERVER_FAILED', `An observer of "${name}" threw: ${messageOf(cause)}`, { cause }))
  }

  /** @throws PipelineError `OPTION_INVALID` for a listener that is no function, and for an event that there is not */
  on<E extends Name>(name: E, listener: Hooks[E]): this {
    return this.#set(name, [...this.#list(name), listenerTo(name, listener)])
  }

  /** Like {@link on}, before the others. */
  prependListener<E extends Name>(name: E, listener: Hooks[E]): this {
    return this.#set(name, [listenerTo(name, listener), ...this.#list(name)])
  }

  once<E extends Name>(name: E, listener: Hooks[E]): this {
    return this.on(name, this.#onceOnly(name, listener))
  }

  prependOnceListener<E extends Name>(name: E, listener: Hooks[E]): this {
    return this.prependListener(name, this.#onceOnly(name, listener))
  }

  #onceOnly<E extends Name>(name: E, listener: Hooks[E]): Hooks[E] {
    listenerTo(name, listener)
    const once: Listener = Object.assign(
      (event: never) => {
        this.off(name, once as Hooks[E])
        return (listener as Listener)(event)
      },
      { listener },
    )
    return once as Hooks[E]
  }

  off<E extends Name>(name: E, listener: Hooks[E]): this {
    const list = this.#list(name)
    const index = list.findLastIndex((one) => one === listener || ('listener' in one && one.listener === listener))
    return index < 0 ? this : this.#set(name, list.toSpliced(index, 1))
  }

  removeAllListeners(name?: Name): this {
    for (const one of name === undefined ? this.eventNames() : [name]) this.#set(one, [])
    return this
  }

  addListener<E extends Name>(name: E, listener: Hooks[E]): this {
    return this.on(name, listener)
  }

  removeListener<E extends Name>(name: E, listener: Hooks[E]): this {
    return this.off(name, listener)
  }

  eventNames(): Name[] {
    return Object.keys(this.#lists) as Name[]
  }

  listeners<E extends Name>(name: E): Hooks[E][] {
    return this.#list(name).map((one) => ('listener' in one ? one.listener : one)) as Hooks[E][]
  }

  rawListeners<E extends Name>(name: E): Hooks[E][] {
    return [...this.#list(name)] as Hooks[E][]
  }

  listenerCount(name: Name): number {
    return this.#list(name).length
  }

  getMaxListeners(): number {
    return Infinity
  }

  setMaxListeners(): this {
    return this
  }

  #list(name: Name): readonly Listener[] {
    return this.#lists[name] ?? []
  }

  #set(name: Name, list: readonly Listener[]): this {
    this.#size += list.length - this.#list(name).length
    if (list.length > 0) this.#lists[name] = list
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a name without listeners must not be found
    else delete this.#lists[name]
    return this
  }
}

function listenerTo<L>(name: string, listener: L): L {
  const refuse = (what: string) => new PipelineError('OPTION_INVALID', `Events cannot be observed: ${what}.`)
  if (isNoEvent(name) || name in Object.prototype) throw refuse(`there is no event \`${name}\``)
  if (typeof listener !== 'function') throw refuse(`the listener to \`${name}\` is not a function`)
  return listener
}
