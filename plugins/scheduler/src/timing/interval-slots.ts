import type { Slots } from './slots.ts'

/** The slots `anchor + k * every` for each whole `k`, also below 0: by division, so nothing adds up, and nothing loops. */
export function intervalSlots(every: number, anchor: number): Slots {
  const phase = anchor % every // small, so that no difference below leaves the whole numbers
  const upTo = (time: number) => {
    const whole = Math.floor(time)
    return whole - modulo(whole - phase, every)
  }
  return {
    next: (after) => upTo(after) + every,
    between(after, until, most) {
      const first = upTo(after) + every
      const last = upTo(until)
      if (last < first) return undefined
      const count = (last - first) / every + 1
      const length = Math.min(most, count)
      return { count, more: false, first, newest: Array.from({ length }, (_, i) => last - (length - 1 - i) * every) }
    },
  }
}

/** The only slot, `at`. */
export function singleSlot(at: number): Slots {
  return {
    next: (after) => (at > after ? at : undefined),
    between: (after, until) =>
      at > after && at <= until ? { count: 1, more: false, first: at, newest: [at] } : undefined,
  }
}

/** The remainder that is never below 0. */
export const modulo = (value: number, by: number) => ((value % by) + by) % by
