/**
 * Bars: what Pipe promises. `met(figures, peer)` says whether it is kept; bars that compare with a peer that was not
 * measured say `undefined`.
 */

const against = (other, text, met) => ({
  text,
  met: (figures, peer) => (figures.has(other) ? met(figures, peer) : undefined),
})

/** At most so many times the CPU time of `other`, or its wall time. */
export const atMost = (most, other = 'hand', clock = 'cpu') =>
  against(
    other,
    `≤ ${most}× ${other}${clock === 'wall' ? ', wall' : ''}`,
    (figures, peer) => figures.ratio(peer, other, clock) <= most,
  )

/** Less CPU time than `other`. */
export const aheadOf = (other) => against(other, `ahead of ${other}`, (figures, peer) => figures.ratio(peer, other) < 1)

/** At most so many ns of CPU time a unit more than `other`. */
export const addsAtMost = (ns, other) =>
  against(other, `≤ ${other} + ${ns} ns`, (figures, peer) => figures.added(peer, other) * 1000 <= ns)

/** At most so many ns of CPU time a unit. */
export const nsAtMost = (ns) => ({ text: `≤ ${ns} ns`, met: (figures, peer) => figures.of(peer) * 1000 <= ns })

/** At least so many units a second of wall time. */
export const perSecond = (count) => ({
  text: `≥ ${count.toLocaleString('en')} a second`,
  met: (figures, peer) => figures.of(peer, 'wall') <= 1e6 / count,
})
