import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Slots } from '../../src/timing/slots.ts'
import { type Timing, timingOf } from '../../src/timing/timing.ts'

const site = { owner: 'schedule "nightly"', path: 'when' }
const refused = (timing: unknown) => {
  try {
    timingOf(timing as Timing, site)
  } catch (error) {
    return error
  }
  throw new Error('was not refused')
}
const slotsOf = (timing: Timing): Slots => {
  const when = timingOf(timing, site)
  if (when.kind !== 'slots') throw new Error('has no slots')
  return when.slots
}
const START = Date.UTC(2026, 0, 1)
const nextIso = (timing: Timing, after = START) => {
  const next = slotsOf(timing).next(after)
  return next === undefined ? undefined : new Date(next).toISOString()
}

describe('a timing has exactly one mode', () => {
  test.each([
    [{}, '(it has none); got this object.'],
    [{ timezone: 'UTC' }, '(it has none); got this object.'],
    [{ cron: '@daily', every: '1h' }, '(it has cron and every); got this object.'],
    [{ every: 10, at: 0, auto: true }, '(it has every and at and auto); got this object.'],
    [undefined, '(it has none); got undefined.'],
    [null, '(it has none); got null.'],
    ['@daily', "(it has none); got '@daily'."],
  ])('%o is refused', (timing, end) => {
    const message = `\`when\` of schedule "nightly" must be an object with exactly one of cron, every, at, auto ${end}`
    expect(refused(timing)).toMatchObject({ code: 'OPTION_INVALID', message })
  })

  test('the compiler says so too', () => {
    expectTypeOf<{ cron: string }>().toExtend<Timing>()
    expectTypeOf<{ cron: string; every: number }>().not.toExtend<Timing>()
    expectTypeOf<{ at: Date; auto: true }>().not.toExtend<Timing>()
    expectTypeOf<Record<never, never>>().not.toExtend<Timing>()
  })

  test('one that is undefined is as good as absent', () => {
    const untyped: object = { cron: undefined, every: '1h' }
    expect(nextIso(untyped as Timing)).toBe('2026-01-01T01:00:00.000Z')
  })
})

describe('cron', () => {
  const never = 'must be a cron expression that some day matches (this one never does)'
  test.each([
    [{ cron: '0 0 31 2 *' }, `\`when.cron\` of schedule "nightly" ${never}; got '0 0 31 2 *'.`],
    [{ cron: '0 0 0 1 1 * 1950' }, `\`when.cron\` of schedule "nightly" ${never}; got '0 0 0 1 1 * 1950'.`],
    [{ cron: '0 0 30 2 MON', domAndDow: true }, never],
    [{ cron: '61 * * * *' }, "must be a cron expression (Invalid value for minute: 61); got '61 * * * *'."],
    [{ cron: '* * *' }, 'exactly five, six, or seven space separated parts are required'],
    [{ cron: '' }, 'exactly five, six, or seven'],
    [{ cron: '@reboot' }, 'with @ there are @hourly'],
    [{ cron: '2026-05-05T10:00:00Z' }, '(a time or a date is none; for a date there is `at`)'],
    [{ cron: '10:30' }, '(a time or a date is none; for a date there is `at`)'],
    [{ cron: 5 }, '`when.cron` of schedule "nightly" must be a cron expression, such as \'0 9 * * MON-FRI\'; got 5.'],
    [{ cron: '@daily', timezone: 'Mars/Olympus' }, "'Europe/Berlin', or 'local'; got 'Mars/Olympus'."],
    [{ cron: '@daily', timezone: '' }, "'Europe/Berlin', or 'local'; got ''."],
    [{ cron: '@daily', timezone: 2 }, 'got 2.'],
    [
      { cron: '@daily', domAndDow: 'yes' },
      '`when.domAndDow` of schedule "nightly" must be true or false; got \'yes\'.',
    ],
    [{ cron: '@daily', tz: 'UTC' }, 'must be left out: the options are cron, timezone, domAndDow'],
    [{ cron: '@daily', anchor: 0 }, 'must be left out: the options are cron, timezone, domAndDow'],
  ])('%o is refused', (timing, message) => {
    const error = refused(timing)
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(error).toHaveProperty('message', expect.stringContaining(message))
  })

  test('is in UTC unless it says where', () => {
    expect(nextIso({ cron: '0 9 * * *' })).toBe('2026-01-01T09:00:00.000Z')
    expect(nextIso({ cron: '0 9 * * *', timezone: 'Asia/Tokyo' }, Date.UTC(2026, 0, 1))).toBe(
      '2026-01-02T00:00:00.000Z',
    )
    const local = new Date(2026, 0, 1, 9).toISOString()
    expect(nextIso({ cron: '0 9 * * *', timezone: 'local' }, new Date(2026, 0, 1).getTime())).toBe(local)
  })

  test('an expression whose years have passed is valid: it fires no more', () => {
    expect(nextIso({ cron: '0 0 0 1 1 * 2020' })).toBeUndefined()
  })
})

describe('every', () => {
  test.each([
    [{ every: 9 }, "from 10 ms to 3650 days, such as '15m' (ms, s, m, h, d); got 9."],
    [{ every: '3651d' }, "got '3651d'."],
    [{ every: Infinity }, 'got Infinity.'],
    [{ every: 'hourly' }, "got 'hourly'."],
    [{ every: -5 }, 'got -5.'],
    [
      { every: '1h', anchor: '2026-01-01T00:00' },
      "with Z or an offset, such as '2026-07-01T09:00+02:00'; got '2026-01-01T00:00'.",
    ],
    [
      { every: '1h', anchor: 0, fixedDelay: true },
      '`when.anchor` of schedule "nightly" must be left out beside `fixedDelay`',
    ],
    [{ every: '1h', fixedDelay: 1 }, 'must be true or false; got 1.'],
    [{ every: '1h', timezone: 'UTC' }, 'must be left out: the options are every, anchor, fixedDelay'],
  ])('%o is refused', (timing, message) => {
    expect(refused(timing)).toHaveProperty('message', expect.stringContaining(message))
  })

  test('lies at multiples of itself since the epoch, or since the anchor, before it too', () => {
    expect(nextIso({ every: '15m' }, START + 1)).toBe('2026-01-01T00:15:00.000Z')
    expect(nextIso({ every: '1d', anchor: '2030-06-01T06:00+02:00' })).toBe('2026-01-01T04:00:00.000Z')
    expect(nextIso({ every: '1d', anchor: new Date(START + 7) }, START)).toBe('2026-01-01T00:00:00.007Z')
  })

  test('is waited after the end of a run when the delay is fixed', () => {
    expect(timingOf({ every: '1.5s', fixedDelay: true }, site)).toEqual({ kind: 'after-end', delayMs: 1_500 })
  })
})

describe('at', () => {
  test.each([
    '2026-07-01T09:00',
    '2026-07-01',
    '2026-02-30T00:00Z',
    '2026-13-01T00:00Z',
    '2026-01-01T25:00Z',
    '2026-01-01T00:00+0200',
    'tomorrow',
    NaN,
    8.65e15,
    new Date(NaN),
    true,
    null,
  ])('%s is refused', (at) => {
    expect(refused({ at })).toHaveProperty(
      'message',
      expect.stringMatching(/^`when.at` .* epoch ms, a Date, or ISO 8601/),
    )
  })

  test.each([
    ['2026-07-01T09:00+02:00', '2026-07-01T07:00:00.000Z'],
    ['2026-07-01T09:00:30.5-00:30', '2026-07-01T09:30:30.500Z'],
    ['2028-02-29T00:00Z', '2028-02-29T00:00:00.000Z'],
    [new Date('2026-07-01T09:00Z'), '2026-07-01T09:00:00.000Z'],
    [Date.UTC(2026, 6, 1), '2026-07-01T00:00:00.000Z'],
  ])('%s is the only slot', (at, expected) => {
    const slots = slotsOf({ at })
    const slot = Date.parse(expected)
    expect(slots.next(START)).toBe(slot)
    expect(slots.next(slot - 1)).toBe(slot)
    expect(slots.next(slot)).toBeUndefined()
    expect(slots.between(START, slot, 5)).toEqual({ count: 1, more: false, first: slot, newest: [slot] })
    expect(slots.between(START, slot - 1, 5)).toBeUndefined()
    expect(slots.between(slot, slot + 1, 5)).toBeUndefined()
  })
})

describe('auto', () => {
  test('follows the end of a run, after a cooldown', () => {
    expect(timingOf({ auto: true }, site)).toEqual({ kind: 'after-end', delayMs: 0 })
    expect(timingOf({ auto: true, cooldown: '2s' }, site)).toEqual({ kind: 'after-end', delayMs: 2_000 })
  })

  test.each([
    [{ auto: false }, '`when.auto` of schedule "nightly" must be true; got false.'],
    [{ auto: true, cooldown: -1 }, "such as '1s'; got -1."],
    [{ auto: true, cooldown: Infinity }, "such as '1s'; got Infinity."],
    [{ auto: true, fixedDelay: true }, 'must be left out: the options are auto, cooldown'],
  ])('%o is refused', (timing, message) => {
    expect(refused(timing)).toHaveProperty('message', expect.stringContaining(message))
  })
})
