/** What slots are to be, step by step, from nothing but what `Intl` says of the local time. */

export const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** The local time at `time`, as if it were UTC: both are epoch ms. */
export type LocalTime = (time: number) => number

/** The local time of a zone. */
export function localTimeOf(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  return (time) => {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = format.format(time).split(/\D+/).map(Number)
    return Date.UTC(year, month - 1, day, hour, minute)
  }
}

/** A change of the offset from UTC, at `at`. Both are ms. */
export interface Transition {
  readonly at: number
  readonly offset: number
}

/** The transitions of a zone, to the minute; the first entry is the beginning. Looks every week: none is undone in less. */
export function transitionsOf(local: LocalTime, from: number, to: number): readonly Transition[] {
  const offsetAt = (time: number) => local(time) - time
  const transitions: Transition[] = [{ at: from, offset: offsetAt(from) }]
  for (let week = from; week < to; week += 7 * DAY) {
    const before = offsetAt(week)
    let [low, high] = [week, week + 7 * DAY]
    if (offsetAt(high) === before) continue
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE
      if (offsetAt(middle) === before) low = middle
      else high = middle
    }
    transitions.push({ at: high, offset: offsetAt(high) })
  }
  return transitions
}

/** The same as `Intl`, from the transitions: for those who go through years, onwards. */
export function localTimeFrom(transitions: readonly Transition[]): LocalTime {
  let i = 0
  return (time) => {
    while (transitions[i + 1] !== undefined && transitions[i + 1]!.at <= time) i++
    return time + transitions[i]!.offset
  }
}

/** The same, asked only once for each time: for those who go through a few hours again and again. */
export function remembered(local: LocalTime): LocalTime {
  const known = new Map<number, number>()
  return (time) => {
    const value = known.get(time) ?? local(time)
    known.set(time, value)
    return value
  }
}

/** A cron expression, and the same as a function of the local time. */
export interface Expression {
  readonly cron: string
  /** Minutes of the day. */
  readonly minutes: readonly number[]
  /** Midnight of the day, as if it were UTC. */
  readonly isDay?: (midnight: number) => boolean
  /** Whether it follows the time that passes, and does not name times of the day. */
  readonly passing?: true
}

/** The slots from `from` to `to`, which are looked at in steps that meet all transitions and all slots. */
export function slotsOf(expression: Expression, local: LocalTime, from: number, to: number, step: number): number[] {
  const minutes = new Set(expression.minutes)
  const matches = (time: number) => minutes.has((time % DAY) / MINUTE) && (expression.isDay?.(midnightOf(time)) ?? true)
  const slots: number[] = []
  let latest = local(from - step)
  for (let time = from; time <= to; time += step) {
    const now = local(time)
    if (expression.passing ? matches(now) : anyMatches(latest + step, now)) slots.push(time)
    latest = Math.max(latest, now)
  }
  return slots

  /** Whether one matches of the local times that have come, or were left out, since the latest: on the day of the last. */
  function anyMatches(first: number, last: number): boolean {
    for (let one = last; one >= first && midnightOf(one) === midnightOf(last); one -= step)
      if (matches(one)) return true
    return false
  }
}

const midnightOf = (time: number) => time - (time % DAY)
