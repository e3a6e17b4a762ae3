import {
  checkOptions,
  type Duration,
  invalidOption,
  messageOf,
  type OptionRule,
  type OptionRules,
  type OptionSite,
  toMs,
} from '@pipe/core'
import { cronSlots } from './cron-slots.ts'
import { anInstant, type Instant, instantOf } from './instant.ts'
import { intervalSlots, singleSlot } from './interval-slots.ts'
import { isDuration } from './is-duration.ts'
import type { Slots } from './slots.ts'

/** When a schedule fires: exactly one of `cron`, `every`, `at` and `auto`. */
export type Timing = Only<CronTiming> | Only<IntervalTiming> | Only<AtTiming> | Only<AutoTiming>

type Mode = 'cron' | 'every' | 'at' | 'auto'

/** `T` without the modes that it is not. */
type Only<T> = T & Readonly<Partial<Record<Exclude<Mode, keyof T>, never>>>

/**
 * At the times that match a cron expression.
 *
 * Where the clocks go forward, an expression that names its times of day (numbers, lists, ranges) fires at the end of the
 * gap for those that the gap swallows, on the same day: `30 2 * * *` at 3:00. Where they go back, it fires the first time
 * only. One with `*` or `/` in its seconds, minutes or hours follows the time that really passes: what is in the gap does
 * not come, what is in the overlap comes twice, so `0 * * * *` fires once in every real hour.
 *
 * The hazard: a time that is swallowed by a gap which lasts to midnight (23:30 in America/Nuuk, once a year) does not
 * come on that day.
 */
export interface CronTiming {
  /**
   * Five fields (minute, hour, day of month, month, day of week), six with seconds before them, or seven with years
   * after them. Names (`MON`, `JAN`), `L`, `W`, `#`, and `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
   */
  readonly cron: string
  /**
   * An IANA time zone, such as `'Europe/Berlin'`, or `'local'` for that of this process, which other processes need not
   * have. Default `'UTC'`.
   */
  readonly timezone?: string
  /**
   * Whether a day has to match both the day of month and the day of week where the expression has both. Default false:
   * one of them is enough.
   */
  readonly domAndDow?: boolean
}

/** Again and again, in slots that lie at `anchor + k * every`, whenever the process was started; or after each run. */
export interface IntervalTiming {
  /** From 10 ms to 3650 days, rounded to whole ms. */
  readonly every: Duration
  /**
   * Where one of the slots lies. Only the phase counts: there are slots before the anchor too. Default: the epoch, so
   * `every: '15m'` is at :00, :15, :30 and :45, and `every: '1d'` at midnight UTC.
   */
  readonly anchor?: Instant
  /** No slots: `every` is waited after the end of the last run. Default false. */
  readonly fixedDelay?: boolean
}

/** Once. */
export interface AtTiming {
  /** Epoch ms, a `Date`, or ISO 8601 with `Z` or an offset; local times without one are refused. */
  readonly at: Instant
}

/** Back to back: the next run starts when the one before has ended. */
export interface AutoTiming {
  readonly auto: true
  /** How long to wait in between, up to 3650 days, rounded to whole ms. Default 0. */
  readonly cooldown?: Duration
}

/** What is calculated with: slots, or a pause after the end of each run. */
export type When =
  { readonly kind: 'slots'; readonly slots: Slots } | { readonly kind: 'after-end'; readonly delayMs: number }

const NICKNAMES = 'with @ there are @hourly, @daily, @weekly, @monthly, @yearly'
const SHORTEST = 10
const LONGEST = 3650 * 86_400_000

const aFlag: OptionRule = ['true or false', (value) => typeof value === 'boolean']

const ofCron: OptionRules<CronTiming> = {
  cron: ["a cron expression, such as '0 9 * * MON-FRI'", (value) => typeof value === 'string'],
  timezone: ["an IANA time zone, such as 'Europe/Berlin', or 'local'", isZone],
  domAndDow: aFlag,
}
const ofInterval: OptionRules<IntervalTiming> = {
  every: [
    "a duration from 10 ms to 3650 days, such as '15m' (ms, s, m, h, d)",
    (value) => isDuration(value, SHORTEST, LONGEST),
  ],
  anchor: anInstant,
  fixedDelay: aFlag,
}
const ofAt: OptionRules<AtTiming> = { at: anInstant }
const ofAuto: OptionRules<AutoTiming> = {
  auto: ['true', (value) => value === true],
  cooldown: ["a duration from 0 to 3650 days, such as '1s'", (value) => isDuration(value, 0, LONGEST)],
}

/**
 * What `timing` says, checked.
 *
 * @param site where it was written
 * @throws PipelineError `OPTION_INVALID`, also for a time zone that there is not and an expression that never fires
 */
export function timingOf(timing: Timing, site: OptionSite): When {
  checkMode(timing, site)
  if (timing.cron !== undefined) return whenOfCron(checkOptions<CronTiming>(timing, ofCron, site), site)
  if (timing.every !== undefined) return whenOfInterval(checkOptions<IntervalTiming>(timing, ofInterval, site), site)
  if (timing.at !== undefined) {
    const { at } = checkOptions<AtTiming>(timing, ofAt, site)
    return { kind: 'slots', slots: singleSlot(instantOf(at)) }
  }
  const { cooldown = 0 } = checkOptions<AutoTiming>(timing, ofAuto, site)
  return { kind: 'after-end', delayMs: Math.round(toMs(cooldown)) }
}

const MODES: readonly Mode[] = ['cron', 'every', 'at', 'auto']

function checkMode(timing: Timing, site: OptionSite): void {
  const fields: Partial<Record<Mode, unknown>> = { ...timing } // nothing, when it is no object
  const modes = MODES.filter((mode) => fields[mode] !== undefined)
  if (modes.length === 1) return
  const found = modes.length === 0 ? 'it has none' : `it has ${modes.join(' and ')}`
  throw invalidOption(site, timing, `an object with exactly one of ${MODES.join(', ')} (${found})`)
}

/** The time zone that a cron expression is read in. */
export const zoneOf = (timezone = 'UTC'): string =>
  timezone === 'local' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : timezone

function whenOfCron({ cron, timezone, domAndDow = false }: CronTiming, site: OptionSite): When {
  const slots = readCron()
  if (slots.next(0) !== undefined) return { kind: 'slots', slots }
  throw invalidOption(site, cron, 'a cron expression that some day matches (this one never does)', 'cron')

  function readCron(): Slots {
    try {
      return cronSlots(cron, { timezone: zoneOf(timezone), domAndDow })
    } catch (error) {
      const problem = cron.trim().startsWith('@') ? NICKNAMES : messageOf(error).replace(/^Cron\w*: /, '')
      throw invalidOption(site, cron, `a cron expression (${problem})`, 'cron')
    }
  }
}

function whenOfInterval({ every, anchor, fixedDelay = false }: IntervalTiming, site: OptionSite): When {
  const ms = Math.round(toMs(every))
  if (!fixedDelay) return { kind: 'slots', slots: intervalSlots(ms, instantOf(anchor ?? 0)) }
  if (anchor !== undefined)
    throw invalidOption(site, anchor, 'left out beside `fixedDelay`: there are no slots', 'anchor')
  return { kind: 'after-end', delayMs: ms }
}

function isZone(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    return value === 'local' || new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== ''
  } catch {
    return false
  }
}
