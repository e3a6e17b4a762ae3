import type { Blackboard } from './blackboard.ts'
import { deepFreeze, frozenCopy } from './plain-data.ts'

/** In place of a value: the key is not there. */
export const ABSENT = Symbol('absent')

/** Values by key that were put there, and {@link ABSENT} for what was taken off. */
export type BoardChanges = ReadonlyMap<string, unknown>

/** Told of every change. */
export type BoardWatcher = (key: string, value: unknown, previous: unknown) => void

/** The blackboard of one execution. It has no types: the definition of the pipeline had them. */
export class Board implements Blackboard<Record<string, unknown>> {
  readonly #values: Map<string, unknown>
  readonly #watch: BoardWatcher
  /** What has changed since it was last taken; `null` when nobody keeps that. */
  #changes: Map<string, unknown> | null
  #snapshot: Readonly<Record<string, unknown>> | null = null

  /**
   * @param initial is copied
   * @param keepsChanges whether somebody will take them
   */
  constructor(initial: object, keepsChanges: boolean, watch: BoardWatcher) {
    this.#values = new Map(Object.entries(frozenCopy({ ...initial }) as object))
    this.#changes = keepsChanges ? new Map<string, unknown>() : null
    this.#watch = watch
  }

  get(key: string): unknown {
    return this.#values.get(key)
  }

  set(key: string, value: unknown): void {
    const previous = this.#values.get(key)
    if (Object.is(previous, value) && (value !== undefined || this.#values.has(key))) return
    this.#values.set(key, typeof value === 'object' ? deepFreeze(value) : value)
    this.#changed(key, value, previous)
  }

  update(key: string, change: (value: unknown) => unknown): void {
    this.set(key, change(this.get(key)))
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  delete(key: string): boolean {
    const previous = this.#values.get(key)
    if (!this.#values.delete(key)) return false
    this.#changed(key, ABSENT, previous)
    return true
  }

  keys(): IterableIterator<string> {
    return this.#values.keys()
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.#values.entries()
  }

  snapshot(): Readonly<Record<string, unknown>> {
    return (this.#snapshot ??= Object.freeze(Object.fromEntries(this.#values)))
  }

  /** What has changed since the last time; `null` when nothing has. */
  takeChanges(): BoardChanges | null {
    const changes = this.#changes
    if (changes === null || changes.size === 0) return null
    this.#changes = new Map()
    return changes
  }

  #changed(key: string, value: unknown, previous: unknown): void {
    this.#snapshot = null
    this.#changes?.set(key, value)
    this.#watch(key, value === ABSENT ? undefined : value, previous)
  }
}
