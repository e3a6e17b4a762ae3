import { type Codec, decode, jsonCodec } from './codec.ts'

/**
 * A copy of a value in which the fields of every plain object are in the order of their names, also inside arrays, maps
 * and sets: what says the same is written alike. Anything else is in it as it is.
 */
export function sorted(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? copyOf(value, new Map()) : value
}

/** @param copies what was met before: a value may be inside itself */
function copyOf(value: unknown, copies: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (copies.has(value)) return copies.get(value)
  const inside = (one: unknown) => copyOf(one, copies)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype && Array.isArray(value)) {
    const copy: unknown[] = []
    copies.set(value, copy)
    value.forEach((one, index) => (copy[index] = inside(one)))
    copy.length = value.length // holes at its end
    return copy
  }
  if (prototype === Object.prototype || prototype === null) {
    const copy = Object.create(prototype) as object
    copies.set(value, copy)
    for (const [key, field] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
      // Not assigned: `__proto__` would be no field then.
      Object.defineProperty(copy, key, { value: inside(field), configurable: true, enumerable: true, writable: true })
    }
    return copy
  }
  if (prototype === Map.prototype) {
    const copy = new Map<unknown, unknown>()
    copies.set(value, copy)
    for (const [key, field] of value as ReadonlyMap<unknown, unknown>) copy.set(inside(key), inside(field))
    return copy
  }
  if (prototype === Set.prototype) {
    const copy = new Set<unknown>()
    copies.set(value, copy)
    for (const one of value as ReadonlySet<unknown>) copy.add(inside(one))
    return copy
  }
  return value
}

/**
 * Whether a recorded value is what is given now, both as they are written: the order of fields does not matter, nor which
 * codec wrote what is recorded.
 *
 * @param given as `codec` writes it
 * @param what the recorded value is, at the beginning of a sentence
 * @throws PipelineError `VALUE_UNSTORABLE` when `codec` cannot read what is recorded
 */
export function isSameValue(codec: Codec, recorded: string, given: string, what: string): boolean {
  if (recorded === given) return true
  const values = [decode(codec, recorded, what), decode(codec, given)].map(sorted)
  if (recorded === '' || given === '') return false
  // What JSON wrote has lost what the other codec keeps: `undefined` in a field, -0.
  const writer = recorded.startsWith(`${jsonCodec.name}:`) ? jsonCodec : codec
  try {
    const [first, second] = values.map((value) => writer.encode(value))
    return first === second
  } catch {
    return false // JSON wrote what is recorded, and cannot write the other
  }
}
