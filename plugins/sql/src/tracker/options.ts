import {
  checkOptions,
  type Duration,
  type OptionRule,
  type OptionRules,
  optionSite,
  type StepInfo,
  toMs,
} from '@pipe/core'
import { type RedactOptions, snapshotsOf } from '@pipe/redaction'
import { type Database, driverOf } from '../database.ts'
import type { Driver } from '../drivers/driver.ts'
import { HEARTBEAT_MS, heartbeatRule } from '../heartbeat.ts'
import { type MigrateMode, migrateModeRule } from '../migrate-mode.ts'
import { prefixRule } from '../migrations.ts'
import { Captured, TAGS_LENGTH } from './captured.ts'
import type { StepStyle } from './step-style.ts'
import type { RunParent } from './run-recorder.ts'

declare module '@pipe/core' {
  interface StepOptions {
    /** What the history keeps of the step. `false`: nothing. */
    readonly track?: false | TrackOptions
  }
  interface RunOptions {
    /** The step that starts this run, for the history: its context will do. */
    readonly parent?: RunParent
  }
}

/** What the history keeps of values. Copies are made without secrets, and bounded. */
export interface TrackOptions {
  /**
   * Whether what a step reads is kept, an item what it is, and the input of the run: `'failed'` for those that fail, as it
   * is then. Default false.
   */
  readonly input?: boolean | 'failed'
  /** Whether what a step or a run returns is kept. Default false. */
  readonly output?: boolean
}

/** What `tracker()` takes. */
export interface TrackerOptions extends TrackOptions {
  /** The database. It stays yours: the tracker neither connects nor closes it. */
  readonly db: Database
  /** What the names of tables begin with: a lower-case letter, then up to 29 of these, digits and `_`. Default: nothing. */
  readonly prefix?: string
  /** Whether the tables are made (`auto`), only looked for (`check`), or taken for granted (`off`). Default `auto`. */
  readonly migrate?: MigrateMode
  /** What is taken out besides what always is; `false` takes nothing out. See `@pipe/redaction`. */
  readonly redact?: false | RedactOptions
  /** Longest copy of a value or an error, in characters, about; a whole number from 64 up. Default 8,192. */
  readonly maxLength?: number
  /** Names this process among others, 1 to 100 characters; something unique is added. Default: host name and process id. */
  readonly worker?: string
  /** How long rows wait for others to be written with, 0 to a day. Default `'50ms'`. */
  readonly every?: Duration
  /**
   * How often it says in the database that it is alive, while it executes runs: a second to an hour. A history takes the
   * runs of one that says nothing for `lostAfter` as lost. Default `'30s'`.
   */
  readonly heartbeat?: Duration
  /**
   * How many rows may wait for the database, a whole number from 100 up; what is dropped beyond that, `health()` counts.
   * Default 10,000.
   */
  readonly maxRows?: number
  /**
   * How long a run that has ended waits until what became of it is written; no longer, however slow the database is, and
   * not at all while it is down, or once a run has waited in vain, until something is written. 0 does not wait; at most a day. Default `'1s'`.
   */
  readonly endWait?: Duration
  /** How long `close()` waits for the database to take what is left, 0 to a day. Default `'10s'`. */
  readonly closeWait?: Duration
}

/** Complete options, in milliseconds. */
export interface Settings {
  readonly driver: Driver
  readonly prefix: string
  readonly migrate: MigrateMode
  readonly captured: Captured
  readonly style: StepStyle
  readonly worker: string | undefined
  readonly everyMs: number
  readonly heartbeatMs: number
  readonly maxRows: number
  readonly endWaitMs: number
  readonly closeWaitMs: number
}

/**
 * The options, checked and complete.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(options: TrackerOptions): Settings {
  const given = checkOptions(options, OPTIONS, SITE)
  const { db, prefix = '', migrate = 'auto', redact, maxLength, input = false, output = false } = given
  const { every = '50ms', endWait = '1s', closeWait = '10s', maxRows = 10_000, worker } = given
  const { heartbeat = HEARTBEAT_MS } = given
  return {
    driver: driverOf(db, SITE.owner),
    prefix,
    migrate,
    captured: new Captured(
      snapshotsOf({ redact, maxLength }, SITE),
      snapshotsOf({ redact, maxLength: TAGS_LENGTH }, SITE),
    ),
    style: { tracked: true, input, output },
    worker,
    everyMs: toMs(every),
    heartbeatMs: toMs(heartbeat),
    maxRows,
    endWaitMs: toMs(endWait),
    closeWaitMs: toMs(closeWait),
  }
}

/**
 * What is kept of `step`, which may say so itself.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function styleOf(step: StepInfo, common: StepStyle): StepStyle {
  const { track } = step.options
  if (track === undefined) return common
  if (track === false) return { tracked: false, input: false, output: false }
  const given = checkOptions(track, STEP, optionSite(step, 'sql', 'track', 'false or an object'))
  return { ...common, ...given }
}

const SITE = { owner: 'tracker()', plugin: 'sql' }

const DAY = 86_400_000

const isTime = (value: unknown) => {
  try {
    return toMs(value as Duration) <= DAY
  } catch {
    return false
  }
}
const time: OptionRule = ["milliseconds from 0 to a day, or a string such as '1s'", isTime]
const flag: OptionRule = ['true or false', (value) => typeof value === 'boolean']
const input: OptionRule = ["true, false or 'failed'", (value) => typeof value === 'boolean' || value === 'failed']

const isWorker = (value: unknown) => typeof value === 'string' && value.length >= 1 && value.length <= 100
const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 100

const STEP: OptionRules<TrackOptions> = { input, output: flag }

const OPTIONS: OptionRules<TrackerOptions> = {
  // Those whose rule is elsewhere.
  db: ['', () => true],
  redact: ['', () => true],
  maxLength: ['', () => true],
  prefix: prefixRule,
  migrate: migrateModeRule,
  ...STEP,
  worker: ['1 to 100 characters', isWorker],
  every: time,
  heartbeat: heartbeatRule,
  maxRows: ['a whole number from 100 up', isCount],
  endWait: time,
  closeWait: time,
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''

/** For the option `parent` of runs. */
export const parentRule: OptionRule = [
  'an object with `runId` and `stepId`, such as the context of a step',
  (value) => typeof value === 'object' && value !== null && isParent(value),
]

function isParent(value: object): boolean {
  return 'runId' in value && isText(value.runId) && 'stepId' in value && isText(value.stepId)
}
