import { CENSORED, isHarmless, type Redaction } from './redaction.ts'

/** So deep is a value looked into. */
const DEEPEST = 10
/** So much more of a text is searched for secrets than is kept: what is cut in half would not be recognised. */
const MARGIN = 1_024
/** What a value costs at least, in characters, so that a sea of empty ones has an end too. */
const LEAST = 4
/** Shorter names are no secrets. */
const SECRET_LENGTH = 16

/** Where an error keeps what is said of it elsewhere. */
const SAID = new Set(['name', 'message', 'stack', 'cause', 'errors'])

/** What stands in the place of what throws when it is read. */
const UNREADABLE = '[unreadable]'

const PLAIN = { enumerable: true, configurable: true, writable: true }

type Data = Record<string, unknown>

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The plain copy of anything that was thrown. */
export interface ErrorSnapshot {
  /** What the error calls itself; `NonError` for what is none. */
  readonly name: string
  /** Its message; what is no error, as text. */
  readonly message: string
  /** Its stack, when it has one and stacks are wanted. */
  readonly stack?: string
  /** A copy of its cause, when it has one. */
  readonly cause?: unknown
  /** Copies of the errors that it stands for, as those of an `AggregateError`. */
  readonly errors?: unknown
  /** A copy of what was thrown, when that is an object and no error. */
  readonly value?: unknown
  /** Its own fields, `code` and all. */
  readonly [field: string]: unknown
}

/** The answer of `read`, or `otherwise` when it throws. */
export function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Whether it is an error; of what cannot be asked the answer is no. */
export const isError = (value: unknown): value is Error => safely(() => value instanceof Error, false)

/** Makes one copy: what it has written counts against its limit. */
export class Copier {
  #left: number
  readonly #redaction: Redaction
  readonly #stacks: boolean
  readonly #within: unknown[] = []

  constructor(limit: number, redaction: Redaction, stacks: boolean) {
    this.#left = limit
    this.#redaction = redaction
    this.#stacks = stacks
  }

  copy(value: unknown, depth: number): unknown {
    this.#left -= LEAST
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
      case 'boolean':
      case 'undefined':
        return value
      case 'bigint':
      case 'symbol':
        return this.text(String(value))
      case 'function':
        return this.#function(value)
      case 'object':
        return value === null ? null : this.#within.includes(value) ? '[circular]' : this.#object(value, depth)
    }
  }

  text(text: string): string {
    const room = Math.max(0, this.#left)
    const clean = this.#redaction.clean(text.length > room + MARGIN ? text.slice(0, room + MARGIN) : text)
    this.#left -= clean.length
    return clean.length <= room ? clean : `${clean.slice(0, room)}…(+${Math.max(text.length, clean.length) - room})`
  }

  error(error: object, depth: number): ErrorSnapshot {
    // Without a prototype: a serializer of a logger would take its constructor for the type of the error.
    const copy = Object.create(null) as Writable<ErrorSnapshot>
    const read = (field: string) => safely<unknown>(() => Reflect.get(error, field), undefined)
    const [name, message, cause, errors] = ['name', 'message', 'cause', 'errors'].map(read)
    const stack = this.#stacks ? read('stack') : undefined // to be read is what costs
    copy.name = typeof name === 'string' ? this.text(name) : 'Error'
    copy.message = typeof message === 'string' ? this.text(message) : ''
    if (typeof stack === 'string') copy.stack = this.text(stack)
    this.#inside(error, () => {
      try {
        this.#fields(copy, error, depth, (key) => SAID.has(key))
      } catch {
        copy['…'] = UNREADABLE // a proxy that does not say what fields it has
      }
      if (cause !== undefined) copy.cause = this.copy(cause, depth + 1)
      if (safely(() => Array.isArray(errors), false)) copy.errors = this.copy(errors, depth + 1)
    })
    return copy
  }

  #function(value: object): string {
    const name = safely<unknown>(() => Reflect.get(value, 'name'), undefined)
    return `[function ${typeof name === 'string' ? this.text(name) : ''}]`
  }

  #object(value: object, depth: number): unknown {
    try {
      if (value instanceof Error) return depth < DEEPEST ? this.error(value, depth) : this.text(String(value))
      if (ArrayBuffer.isView(value))
        return `[${Object.prototype.toString.call(value).slice(8, -1)}, ${value.byteLength} bytes]`
      if (value instanceof RegExp) return this.text(String(value))
      if (depth >= DEEPEST) return '[too deep]'
      return this.#inside(value, () => this.#contents(value, depth + 1))
    } catch {
      return UNREADABLE
    }
  }

  #contents(value: object, depth: number): unknown {
    const asJson: unknown = Reflect.get(value, 'toJSON')
    if (typeof asJson === 'function') {
      const json: unknown = Reflect.apply(asJson, value, [''])
      if (json !== value) return this.copy(json, depth)
    }
    if (Array.isArray(value) || value instanceof Set) return this.#list(value, depth)
    const copy: Data = {}
    if (!(value instanceof Map)) return this.#fields(copy, value, depth, () => false)
    for (const [key, one] of value) if (!this.#field(copy, this.#keyOf(key), () => one, depth)) break
    return copy
  }

  #list(values: Iterable<unknown> & ({ readonly length: number } | { readonly size: number }), depth: number) {
    const copy: unknown[] = []
    for (const value of values) {
      if (this.#left <= 0) {
        const count = 'length' in values ? values.length : values.size
        copy.push(`…(+${count - copy.length})`)
        break
      }
      copy.push(this.copy(value, depth))
    }
    return copy
  }

  #fields(copy: Data, value: object, depth: number, omitted: (key: string) => boolean): Data {
    // Not `Object.keys`: there may be a million of them, and we stop early.
    for (const key in value) {
      if (!Object.hasOwn(value, key) || omitted(key)) continue
      if (!this.#field(copy, key, () => Reflect.get(value, key), depth)) break
    }
    return copy
  }

  /** Whether there is room for more. */
  #field(copy: Data, key: string, read: () => unknown, depth: number): boolean {
    if (this.#left <= 0) {
      copy['…'] = 'more'
      return false
    }
    if (key.length < SECRET_LENGTH) this.#left -= key.length
    const value = this.#valueOf(key, read, depth)
    if (value === undefined) return true
    const name = key.length < SECRET_LENGTH ? key : this.text(key)
    if (name === '__proto__') Object.defineProperty(copy, name, { ...PLAIN, value })
    else copy[name] = value
    return true
  }

  #valueOf(key: string, read: () => unknown, depth: number): unknown {
    let value: unknown
    try {
      value = read()
    } catch {
      return UNREADABLE
    }
    if (typeof value === 'function') return undefined
    return this.#redaction.suspects(key) && !isHarmless(key, value) ? CENSORED : this.copy(value, depth)
  }

  #keyOf(key: unknown): string {
    const name = this.copy(key, DEEPEST)
    return typeof name === 'string' ? name : String(name)
  }

  #inside<T>(value: object, go: () => T): T {
    this.#within.push(value)
    try {
      return go()
    } finally {
      this.#within.pop()
    }
  }
}
