import {
  checkOptions,
  type Duration,
  invalidOption,
  type OptionRule,
  type OptionRules,
  type OptionSite,
  PipelineError,
  type RunOptions,
  toMs,
} from '@pipe/core'
import { anInstant, instantOf, type Instant } from '../timing/instant.ts'
import { isDuration } from '../timing/is-duration.ts'
import { aJitter, fireTime } from '../timing/jitter.ts'
import { type Timing, timingOf } from '../timing/timing.ts'
import { textOf } from '../timing/timing-text.ts'
import type { FinishedRun, Firing } from './firing.ts'
import type { Misfire } from './misfire.ts'
import type { Overlap } from './overlap.ts'
import type { Rules } from './rules.ts'
import type { OnError } from './scheduler-options.ts'

/** How a schedule behaves. Everything is optional. */
export interface ScheduleSettings {
  /**
   * How far the run of a slot is put off at most, so that not all schedules begin in the same moment; how far it is, its
   * name and the slot decide. Never beyond the next slot. From 0 to 1 day; default 0.
   */
  readonly jitter?: Duration
  /** What becomes of a slot while the run of another one goes on. Default `skip`. */
  readonly overlap?: Overlap
  /** What becomes of slots that have passed without a run. Default `once`. */
  readonly misfire?: Misfire
  /** Slots that are further back are missed for good. From 0 to 3650 days; default 1 day. */
  readonly catchUp?: Duration
  /** After so many runs it has ended; those that were triggered do not count. From 1 up; default: no limit. */
  readonly maxRuns?: number
  /** After so many failed runs, one after the other, it has ended until it is resumed. From 1 up; default: no limit. */
  readonly maxFailures?: number
  /** The last moment a slot may lie at. Default: none. */
  readonly until?: Instant
  /** Asked about each run that has ended: whether the schedule has ended with it, until it is resumed. Default: never. */
  readonly stopWhen?: (run: FinishedRun) => boolean
  /** What runs are started with: services, tags, a timeout. */
  readonly options?: ScheduledRunOptions
}

/** What a scheduler decides of a run is not to be given. */
type ScheduledRunOptions = Omit<RunOptions, Reserved>
const RESERVED = ['id', 'signal', 'force', 'fork', 'recovery', 'paused'] as const
type Reserved = (typeof RESERVED)[number]

/** What runs are given. */
export type InputOption<I> = undefined extends I
  ? { readonly input?: (firing: Firing) => I }
  : {
      /** Makes the input of a run. The same slot should get the same input: another process may go on with it. */
      readonly input: (firing: Firing) => I
    }

/** When a pipeline with the input `I` runs, and how. */
export type ScheduleOptions<I = unknown> = Timing & ScheduleSettings & InputOption<I>

/** What of a schedule is the same for all inputs. */
export type AnyScheduleOptions = Timing &
  ScheduleSettings & { readonly input?: ((firing: Firing) => unknown) | undefined }

/** {@link ScheduleOptions} as the scheduler works with them. */
export interface Plan {
  readonly rules: Rules
  /** When it fires, as it was given. */
  readonly given: Timing
  readonly input: (firing: Firing) => unknown
  readonly options: ScheduledRunOptions
}

const nothing = (): undefined => undefined

/** What is left of options without their timing. */
type Settings = ScheduleSettings & Pick<AnyScheduleOptions, 'input'>

const TIMING = ['cron', 'timezone', 'domAndDow', 'every', 'anchor', 'fixedDelay', 'at', 'auto', 'cooldown'] as const
const DAY = 86_400_000

const isOverlap = (value: unknown): boolean =>
  ['skip', 'buffer-one', 'buffer-all', 'cancel-other'].includes(String(value)) ||
  (value as { readonly allow?: unknown } | null)?.allow !== undefined
const aCount: OptionRule = ['a whole number from 1 up', (value) => Number.isSafeInteger(value) && Number(value) >= 1]
const ofOverlap: OptionRules<Exclude<Overlap, string>> = { allow: aCount }
const aFunction: OptionRule = ['a function', (value) => typeof value === 'function']

const rulesOfSettings: OptionRules<Settings> = {
  jitter: aJitter,
  overlap: ["'skip', 'buffer-one', 'buffer-all', 'cancel-other' or { allow: n }, n from 1 up", isOverlap],
  misfire: ["'once', 'skip' or 'all'", (value) => ['once', 'skip', 'all'].includes(String(value))],
  catchUp: ["a duration from 0 to 3650 days, such as '1h'", (value) => isDuration(value, 0, 3650 * DAY)],
  maxRuns: aCount,
  maxFailures: aCount,
  until: anInstant,
  stopWhen: aFunction,
  options: ['an object with options of runs', (value) => typeof value === 'object' && value !== null],
  input: ['a function that makes the input of a run', (value) => typeof value === 'function'],
}

function refuseReserved(options: object = {}, site: OptionSite): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(RESERVED as readonly string[]).includes(name)) continue
    throw invalidOption({ ...site, path: 'options' }, value, 'left out: the scheduler decides it', name)
  }
}

/** With `@` in it, a name could be that of another's run. */
const NAME = /^[\w.:+=/-]{1,150}$/

/**
 * The options of a schedule, checked and complete.
 *
 * @param onError gets what a condition of its throws, and the name; then the schedule goes on
 * @throws PipelineError `OPTION_INVALID`
 */
export function planOf(name: string, given: AnyScheduleOptions, onError: OnError): Plan {
  if (!NAME.test(name)) {
    const message = `A schedule cannot be called ${JSON.stringify(name)}: give it 1 to 150 characters of A-Z a-z 0-9 . _ : + = - and /.`
    throw new PipelineError('OPTION_INVALID', message)
  }
  const site: OptionSite = { owner: `schedule "${name}"` }
  if (typeof given !== 'object' || (given as unknown) === null) throw invalidOption(site, given)
  const fields = Object.entries(given).filter(([, value]) => value !== undefined)
  const isTiming = ([key]: readonly [string, unknown]) => (TIMING as readonly string[]).includes(key)
  // What is not of the timing is checked for what it is.
  const timing = Object.fromEntries(fields.filter(isTiming)) as unknown as Timing
  const settings = Object.fromEntries(fields.filter((field) => !isTiming(field))) as Settings
  const when = timingOf(timing, site)
  if (typeof settings.overlap === 'object') checkOptions(settings.overlap, ofOverlap, { ...site, path: 'overlap' })
  for (const [field, value] of Object.entries(settings)) {
    if (Object.hasOwn(rulesOfSettings, field)) continue
    const all = [...TIMING, ...Object.keys(rulesOfSettings)].join(', ')
    throw invalidOption(site, value, `left out: the options are ${all}`, field)
  }
  const checked = checkOptions(settings, rulesOfSettings, site)
  refuseReserved(checked.options, site)
  const { jitter = 0, overlap = 'skip', misfire = 'once', catchUp = DAY, until } = checked
  const jitterMs = toMs(jitter)
  return {
    given: timing,
    input: checked.input ?? nothing,
    options: checked.options ?? {},
    rules: {
      name,
      timing: textOf(timing),
      when,
      fireTime: (slot) => {
        if (jitterMs === 0 || when.kind !== 'slots') return slot
        return fireTime(name, slot, jitterMs, (when.slots.next(slot) ?? Infinity) - slot)
      },
      overlap,
      misfire,
      catchUpMs: toMs(catchUp),
      maxRuns: checked.maxRuns ?? Infinity,
      maxFailures: checked.maxFailures ?? Infinity,
      until: until === undefined ? Infinity : instantOf(until),
      stopWhen: (run) => {
        try {
          return checked.stopWhen?.(run) === true
        } catch (error) {
          onError(error, name)
          return false
        }
      },
    },
  }
}
