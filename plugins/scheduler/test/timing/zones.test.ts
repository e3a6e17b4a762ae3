import { expect, test } from 'vitest'
import { cronSlots } from '../../src/timing/cron-slots.ts'
import {
  type Expression,
  localTimeFrom,
  localTimeOf,
  type LocalTime,
  MINUTE,
  remembered,
  slotsOf,
  transitionsOf,
} from './zone-oracle.ts'

const FROM = Date.UTC(2026, 0, 1)
const TO = Date.UTC(2036, 0, 1)
const HOUR = 60 * MINUTE
const at = (hour: number, minute: number) => hour * 60 + minute
const every = (minutes: number) => Array.from({ length: 1_440 / minutes }, (_, i) => i * minutes)

const isSunday = (midnight: number) => new Date(midnight).getUTCDay() === 0
const isLastOfMonth = (midnight: number) => new Date(midnight + 24 * HOUR).getUTCDate() === 1

const daily: Expression = { cron: '30 2 * * *', minutes: [at(2, 30)] }
const weekly: Expression = { cron: '30 2 * * SUN', minutes: [at(2, 30)], isDay: isSunday }
const monthly: Expression = { cron: '15 0 L * *', minutes: [at(0, 15)], isDay: isLastOfMonth }
const hourly: Expression = { cron: '0 * * * *', minutes: every(60), passing: true }
const quarterly: Expression = { cron: '*/15 * * * *', minutes: every(15), passing: true }

/** Those that name their times of the day; one of each of the hours in which clocks are changed. */
const naming: readonly Expression[] = [
  daily,
  weekly,
  monthly,
  { cron: '0 0 * * *', minutes: [at(0, 0)] },
  { cron: '45 23 * * *', minutes: [at(23, 45)] },
  { cron: '0,30 0-3 * * *', minutes: every(30).filter((minute) => minute < at(4, 0)) },
]

const zones = Intl.supportedValuesOf('timeZone').map((zone) => {
  const local = localTimeOf(zone)
  const transitions = transitionsOf(local, FROM, TO)
  return { zone, local, transitions, rules: JSON.stringify(transitions) }
})
/** One zone of those that have the same rules. */
const distinct = [...new Map(zones.map((zone) => [zone.rules, zone])).values()]

/** Whether croner says what looking at the clock step by step says. */
function check(expression: Expression, zone: string, local: LocalTime, from: number, to: number, step: number): void {
  const { between } = cronSlots(expression.cron, { timezone: zone, domAndDow: false })
  const actual = between(from - 1, to, 100_000)?.newest ?? []
  const expected = slotsOf(expression, local, from, to, step)
  if (actual.length === expected.length && actual.every((slot, i) => slot === expected[i])) return
  expect({ zone, ...expression, actual: actual.map(iso) }).toEqual({ zone, ...expression, actual: expected.map(iso) })
}
const iso = (time: number) => new Date(time).toISOString()

/** Checks around every transition of these zones; says how many there were. */
function checkTransitions(of: typeof zones, expressions: readonly Expression[]): number {
  const windows = of.flatMap(({ transitions, ...zone }) => transitions.slice(1).map(({ at }) => ({ ...zone, at })))
  for (const { zone, local, at } of windows) {
    const known = remembered(local)
    for (const expression of expressions) check(expression, zone, known, at - 3 * HOUR, at + 3 * HOUR, MINUTE)
  }
  return windows.length
}

test('times of the day are right around every transition of every zone, for ten years', () => {
  expect(zones.length).toBeGreaterThan(400)
  expect(checkTransitions(zones, naming)).toBeGreaterThan(2_000)
})

test('time that passes is right around every transition of all rules, for ten years', () => {
  expect(distinct.length).toBeGreaterThan(50)
  expect(checkTransitions(distinct, [hourly, quarterly])).toBeGreaterThan(300)
})

test('times of the day are right in ten years of all rules that have transitions', () => {
  for (const { zone, transitions } of distinct.filter((one) => one.transitions.length > 1))
    for (const expression of [daily, weekly, monthly])
      check(expression, zone, localTimeFrom(transitions), FROM, TO, 15 * MINUTE)
})

test('time that passes is right in a whole year', () => {
  const { zone, transitions } = zones.find(({ zone }) => zone === 'Europe/Paris')!
  for (const expression of [hourly, quarterly])
    check(expression, zone, localTimeFrom(transitions), FROM, Date.UTC(2027, 0, 1), 15 * MINUTE)
})
