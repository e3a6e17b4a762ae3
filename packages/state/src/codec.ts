import { messageOf, PipelineError } from '@pipe/core'
import { gapsIn, type Place, putGaps } from './gaps.ts'

/** Turns values into text and back: what is recorded of a run goes through it. */
export interface Codec {
  /** Stands beside everything that it wrote, so that only it is asked to read that: letters, digits and `-`. */
  readonly name: string
  /**
   * The text of a value; never of `undefined`.
   *
   * @throws Unstorable, or anything, for a value that would not come back as it was
   */
  encode(value: unknown): string
  /** The value of a text that `encode` wrote. */
  decode(text: string): unknown
}

/** What a {@link Codec} throws: where in the value something is that cannot be kept, and what that is. */
export class Unstorable extends Error {
  /** Path in the value: `.users[3].born`; empty for the value itself. */
  readonly path: string

  constructor(path: string, what: string) {
    super(what)
    this.path = path
  }
}

/**
 * JSON that refuses what JSON would lose: dates, maps, sets, bigints, functions, symbols, class instances, `NaN`,
 * infinities, holes and own fields of arrays, cycles. An `undefined` in an array stays one. Two things it takes as JSON does:
 * a field that is `undefined` is absent afterwards, and -0 is 0.
 */
export const jsonCodec: Codec = {
  name: 'json',
  encode: (value) => {
    const found: Found = { gaps: false }
    check(value, '', [], found)
    const text = JSON.stringify(value)
    return found.gaps ? `${GAPS}${JSON.stringify(gapsIn(value))}\n${text}` : text
  },
  decode: (text) => {
    if (!text.startsWith(GAPS)) return JSON.parse(text) as unknown
    const end = text.indexOf('\n')
    const value = JSON.parse(text.slice(end + 1)) as unknown
    putGaps(value, JSON.parse(text.slice(GAPS.length, end)) as Place[])
    return value
  },
}

/** Begins the text of a value with `undefined` in arrays: their places come first. No JSON begins with it. */
const GAPS = '?'

/** What was found in a value on the way. */
interface Found {
  /** Whether arrays have `undefined`. */
  gaps: boolean
}

function check(value: unknown, path: string, above: readonly object[], found: Found): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'object') return checkObject(value, path, above, found)
  if (typeof value !== 'number') throw new Unstorable(path, value === undefined ? 'undefined' : `a ${typeof value}`)
  if (!Number.isFinite(value)) throw new Unstorable(path, String(value))
}

function checkObject(value: object, path: string, above: readonly object[], found: Found): void {
  if (above.includes(value)) throw new Unstorable(path, 'a cycle')
  if (above.length >= DEEPEST) throw new Unstorable(path.slice(0, 100), `nested more than ${DEEPEST} deep`)
  const inside = [...above, value]
  const prototype: unknown = Object.getPrototypeOf(value)
  if (Array.isArray(value)) {
    if (prototype !== Array.prototype) throw new Unstorable(path, nameOf(value))
    for (let i = 0; i < value.length; i++) {
      if (value[i] !== undefined) check(value[i], `${path}[${i}]`, inside, found)
      else if (i in value) found.gaps = true
      else throw new Unstorable(`${path}[${i}]`, 'a hole')
    }
    const field = fieldOf(value)
    if (field !== undefined) throw new Unstorable(placeOf(path, field), 'a field of an array')
    return
  }
  if (prototype !== Object.prototype && prototype !== null) throw new Unstorable(path, nameOf(value))
  if (Object.getOwnPropertySymbols(value).length > 0) throw new Unstorable(path, 'an object with symbols as keys')
  if ('toJSON' in value) throw new Unstorable(path, 'an object with `toJSON`')
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) check(field, placeOf(path, key), inside, found)
  }
}

const placeOf = (path: string, key: string) =>
  /^\w+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`

/** A field that an array has besides its elements: their indices come first. */
export function fieldOf(array: readonly unknown[]): string | undefined {
  const last = Object.keys(array).at(-1)
  return last === undefined || (/^\d+$/.test(last) && Number(last) < array.length) ? undefined : last
}

const DEEPEST = 500

function nameOf(value: object): string {
  const name = (value.constructor as { readonly name?: unknown } | undefined)?.name
  return typeof name === 'string' && name !== '' ? `a ${name}` : 'an object of a class'
}

/**
 * A value as an entry keeps it.
 *
 * @param what it is, at the beginning of a sentence: `The output of step "a"`
 * @throws PipelineError `VALUE_UNSTORABLE`
 */
export function encode(codec: Codec, value: unknown, what: string, where: { readonly step?: string } = {}): string {
  if (value === undefined) return ''
  try {
    return `${codec.name}:${codec.encode(value)}`
  } catch (cause) {
    const [at, found] = cause instanceof Unstorable ? [cause.path, cause.message] : ['', messageOf(cause)]
    const place = at === '' ? 'it is' : `\`${at}\` is`
    const remedy = 'Return plain data, give durable() a codec that knows it (richCodec), or do not record the step'
    const message = `${what} cannot be recorded: ${place} ${found}. ${remedy} (durable: 'none').`
    throw new PipelineError('VALUE_UNSTORABLE', message, { ...where, cause })
  }
}

/**
 * The value that an entry keeps.
 *
 * @param what it is, at the beginning of a sentence
 * @throws PipelineError `VALUE_UNSTORABLE` for what another codec wrote, and for what cannot be read
 */
export function decode(codec: Codec, text: string, what = 'What was recorded'): unknown {
  if (text === '') return undefined
  const end = text.indexOf(':')
  const name = text.slice(0, end)
  // What was recorded before a richer codec was chosen is still JSON.
  const reader = name === codec.name ? codec : name === jsonCodec.name ? jsonCodec : undefined
  if (reader === undefined) {
    const message = `${what} was written by the codec "${name}", and durable() has "${codec.name}". Give it that one.`
    throw new PipelineError('VALUE_UNSTORABLE', message)
  }
  try {
    return reader.decode(text.slice(end + 1))
  } catch (cause) {
    const message = `${what} cannot be read by the codec "${name}", which wrote it: ${messageOf(cause)}`
    throw new PipelineError('VALUE_UNSTORABLE', message, { cause })
  }
}
