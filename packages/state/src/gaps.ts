/** Where something is in a value: fields and indices, from outside inwards. */
export type Place = readonly (string | number)[]

/** The places of all `undefined` in arrays of a plain value, which JSON has no word for. */
export function gapsIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return []
  if (!Array.isArray(value)) return Object.entries(value).flatMap(([key, field]) => gapsIn(field, [...place, key]))
  return value.flatMap((one: unknown, i) => (one === undefined ? [[...place, i]] : gapsIn(one, [...place, i])))
}

/** Puts `undefined` at these places of a plain value. */
export function putGaps(value: unknown, gaps: readonly Place[]): void {
  for (const place of gaps) {
    let inside = value
    for (const key of place.slice(0, -1)) inside = (inside as Readonly<Record<string | number, unknown>>)[key]
    ;(inside as Record<string | number, unknown>)[place.at(-1)!] = undefined
  }
}
