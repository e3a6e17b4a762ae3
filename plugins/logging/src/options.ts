import {
  checkOptions,
  invalidOption,
  type OptionRule,
  type OptionRules,
  optionSite,
  type RunStart,
  type StepInfo,
} from '@pipe/core'
import { type RedactOptions, type Snapshots, snapshotsOf } from '@pipe/redaction'
import { DEFAULT_LEVELS, type Levels } from './events.ts'
import type { StepStyle } from './run-log.ts'
import type { Sample } from './sampler.ts'
import { canWrite, isLogger, type LoggerLike, type LogLevel } from './sink.ts'

declare module '@pipe/core' {
  interface StepOptions {
    /** What is logged of this step. `false`: only what goes wrong. */
    readonly log?: false | StepLogOptions
  }
}

/** What is logged of a step. What it leaves out is taken from `logging(logger, options)`. */
export interface StepLogOptions {
  /** Level of the lines of this step that do not tell of trouble. Default: those of `levels`. */
  readonly level?: LogLevel
  /** Whether what the step reads is logged, with its start; of a map, the items with their end. Default false. */
  readonly input?: boolean
  /** Whether what the step returns is logged, with its end. Default false. */
  readonly output?: boolean
}

/** How runs are logged. */
export interface LoggingOptions {
  /** Level of each line; `false` leaves it out. Those it does not name keep their default. */
  readonly levels?: Partial<Levels>
  /** Whether inputs are logged: that of a run, and what each step reads. Default false. */
  readonly input?: boolean
  /** Whether outputs are logged. Default false. */
  readonly output?: boolean
  /**
   * What is taken out besides what always is; `false` takes nothing out. Paths begin at an input, an output, a progress,
   * an error, or the fields of a line of a step; patterns are for messages and paths of steps too.
   */
  readonly redact?: false | RedactOptions
  /** Which items of a map have lines; `false`: all of them. What goes wrong has its line in any case. */
  readonly sample?: false | SampleOptions
  /** Longest copy of a value, a text or a stack, in characters, from 64 up. Default 8,192. */
  readonly maxLength?: number
  /** What every line of a run has besides what it has anyway. Asked once a run, when its first line is written. */
  readonly fields?: (run: RunStart) => Readonly<Record<string, unknown>>
}

/** Of the items of a map, and the iterations of a loop: the first so many have lines, then one of so many. */
export interface SampleOptions {
  /** A whole number from 0 up. Default 100. */
  readonly first?: number
  /** A whole number from 1 up, or `Infinity` for no more than the first. Default 1,000. */
  readonly every?: number
}

/** Complete options. */
export interface Settings {
  readonly levels: Levels
  readonly input: boolean
  readonly output: boolean
  readonly snapshots: Snapshots
  readonly sample: Sample | null
  readonly fields: (run: RunStart) => Readonly<Record<string, unknown>>
}

/**
 * The logger and the options, checked and copied.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(logger: LoggerLike, options: LoggingOptions): Settings {
  if (!isLogger(logger))
    throw invalidOption(SITE, logger, 'pino(), console, or an object with debug, info, warn and error', 'logger')
  const given = checkOptions(options, OPTIONS, SITE)
  const { input = false, output = false, redact, sample = {}, maxLength, fields = () => ({}) } = given
  const levels = checkOptions(given.levels ?? {}, LEVELS, { ...SITE, path: 'levels' })
  for (const [event, level] of Object.entries(levels)) {
    if (level !== false && !canWrite(logger, level))
      throw invalidOption(SITE, level, 'a level that this logger has a method for', `levels.${event}`)
  }
  const shape = 'false or an object { first, every }'
  return {
    levels: { ...DEFAULT_LEVELS, ...levels },
    input,
    output,
    snapshots: snapshotsOf({ redact, maxLength }, SITE),
    sample:
      sample === false
        ? null
        : { first: 100, every: 1_000, ...checkOptions(sample, SAMPLE, { ...SITE, path: 'sample', shape }) },
    fields,
  }
}

/**
 * What the lines of `step` are like; `undefined` when they are like all others.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function styleOf(logger: LoggerLike, step: StepInfo, common: Settings): Omit<StepStyle, 'item'> | undefined {
  const { log } = step.options
  if (log === undefined) return undefined
  if (log === false) return { level: false, input: false, output: false }
  const site = optionSite(step, 'logging', 'log', 'false or an object')
  const { level, input = common.input, output = common.output } = checkOptions(log, STEP, site)
  if (level !== undefined && !canWrite(logger, level))
    throw invalidOption(site, level, 'a level that the logger has a method for', 'level')
  return { level, input, output }
}

const SITE = { owner: 'logging()', plugin: 'logging' }

const isOneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value)
const isWhole = (value: unknown, least: number) => Number.isInteger(value) && Number(value) >= least

const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
const flag: OptionRule = ['true or false', (value) => typeof value === 'boolean']
/** Is checked where it is used. */
const anything: OptionRule = ['', () => true]

const OPTIONS: OptionRules<LoggingOptions> = {
  levels: anything,
  input: flag,
  output: flag,
  redact: anything,
  sample: anything,
  maxLength: anything,
  fields: ['a function', (value) => typeof value === 'function'],
}

const LEVELS = Object.fromEntries(
  Object.keys(DEFAULT_LEVELS).map((event): [string, OptionRule] => [
    event,
    [`false or one of ${LOG_LEVELS.join(', ')}`, isOneOf([false, ...LOG_LEVELS])],
  ]),
) as OptionRules<Levels>

const SAMPLE: OptionRules<SampleOptions> = {
  first: ['a whole number from 0 up', (value) => isWhole(value, 0)],
  every: ['a whole number from 1 up, or Infinity', (value) => isWhole(value, 1) || value === Infinity],
}

const STEP: OptionRules<StepLogOptions> = {
  level: [`one of ${LOG_LEVELS.join(', ')}`, isOneOf(LOG_LEVELS)],
  input: flag,
  output: flag,
}
