import type { Slots } from './slots.ts'

/** The slots that are in both. Of very many, the newest of whichever has fewer are looked at. */
export const commonSlots = (one: Slots, other: Slots): Pick<Slots, 'between'> => ({
  between(after, until, most) {
    const [ofOne, ofOther] = [one.between(after, until, most), other.between(after, until, most)]
    if (ofOne === undefined || ofOther === undefined) return undefined
    const [range, slots] = ofOne.count <= ofOther.count ? [ofOne, other] : [ofOther, one]
    const newest = range.newest.filter((slot) => slots.next(slot - 1) === slot)
    const [first] = newest
    if (first === undefined) return undefined
    return { count: newest.length, more: range.count > range.newest.length, first, newest }
  },
})
