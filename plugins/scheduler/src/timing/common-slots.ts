import type { Slots } from './slots.ts'

/** The slots that are in both. Of very many, the newest are looked at. */
export const commonSlots = (some: Slots, others: Slots): Pick<Slots, 'between'> => ({
  between(after, until, most) {
    const range = some.between(after, until, most)
    const newest = range?.newest.filter((slot) => others.next(slot - 1) === slot) ?? []
    const [first] = newest
    if (range === undefined || first === undefined) return undefined
    return { count: newest.length, more: range.count > range.newest.length, first, newest }
  },
})
