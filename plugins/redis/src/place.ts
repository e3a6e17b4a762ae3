/**
 * A place in an index: when it was announced, in µs of the clock of the server, 16 digits (until the year 2286); then
 * what it is about. Sorted as text, places are sorted by time, and no two are equal.
 *
 *     1795265117491415:order-7              in the index of runs that were created, and of those that live
 *     1795265117491415:failed:order-7       in the index of runs that have ended
 */
export interface Place {
  readonly at: string
  readonly id: string
}

const DIGITS = 16
const LAST = '9'.repeat(DIGITS)

/** The place, read from the index of runs that were created. */
export const placeOf = (member: string): Place => ({ at: member.slice(0, DIGITS), id: member.slice(DIGITS + 1) })

/** The place in the index of runs that have ended, and how the run ended. */
export function endPlaceOf(member: string): Place & { readonly as: string } {
  const { at, id: rest } = placeOf(member)
  const colon = rest.indexOf(':')
  return { at, as: rest.slice(0, colon), id: rest.slice(colon + 1) }
}

/** What all places from `ms` on are not below, as text. `ms` may be any finite number. */
export function boundOf(ms: number): string {
  const us = Math.max(Math.ceil(ms) * 1_000, 0)
  return us < Number(LAST) ? String(us).padStart(DIGITS, '0') : LAST
}

/** Whether it is a place of a run that was created. */
export const isPlace = (text: string): boolean => /^\d{16}:./.test(text)
