/** Whether `value` is an array or an object without a class: what is data all the way, and has no methods that change it. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * Freezes plain objects and arrays all the way down. Instances of classes and what is under symbols stay as they are, and
 * what is frozen already is taken to be so all the way.
 */
export function deepFreeze<T>(value: T): T {
  if (!isPlain(value) || Object.isFrozen(value)) return value
  const todo: object[] = [Object.freeze(value)]
  for (let one = todo.pop(); one !== undefined; one = todo.pop())
    for (const inner of Object.values(one) as unknown[])
      if (isPlain(inner) && !Object.isFrozen(inner)) todo.push(Object.freeze(inner))
  return value
}

/** A copy of plain objects and arrays, all the way down, frozen. Instances of classes, and what is under symbols, are not copied. */
export function frozenCopy(value: unknown): unknown {
  const copies = new Map<object, Record<string, unknown>>()
  const todo: Record<string, unknown>[] = []
  const copyOf = (one: unknown): unknown => {
    if (!isPlain(one)) return one
    const known = copies.get(one)
    if (known !== undefined) return known
    const copy = (Array.isArray(one) ? [...(one as unknown[])] : { ...one }) as Record<string, unknown>
    copies.set(one, copy)
    todo.push(copy)
    return copy
  }
  const copy = copyOf(value)
  for (let one = todo.pop(); one !== undefined; one = todo.pop()) {
    for (const key of Object.keys(one)) one[key] = copyOf(one[key])
    Object.freeze(one)
  }
  return copy
}
