import { type Duration, PipelineError, type StepInfo, toMs } from '@pipe/core'

declare module '@pipe/core' {
  interface StepOptions {
    /** When an attempt of this step is slow. What it leaves out is taken from the defaults of the plugin. */
    readonly slowStep?: SlowStepOptions
  }
}

/** When an attempt is slow. */
export interface SlowStepOptions {
  /** The time after which it is, above 0, at most 24 days. Default `'10s'`. */
  readonly after?: Duration
}

/** Longer timers do not exist. */
const LONGEST = toMs('24d')

const FIELDS: readonly string[] = ['after'] satisfies (keyof SlowStepOptions)[]

/**
 * The milliseconds after which an attempt is slow, for steps that do not say it.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkDefaults(defaults: SlowStepOptions): number {
  return check(defaults, toMs('10s'), { owner: 'slowStep()', path: '' })
}

/**
 * The milliseconds after which an attempt of `step` is slow; `undefined` when the step does not ask.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function limitOf(step: StepInfo, byDefault: number): number | undefined {
  const { pipeline, id, kind, options } = step
  if (options.slowStep === undefined || kind === 'map') return undefined // the option of a map is meant for its items
  const owner = `step "${id}" of pipeline "${pipeline}"`
  return check(options.slowStep, byDefault, { owner, path: 'slowStep', pipeline, step: id })
}

/** Where options were written, for the error. */
interface Site {
  readonly owner: string
  /** What the fields belong to. */
  readonly path: string
  readonly pipeline?: string
  readonly step?: string
}

/** The one validation: plain JavaScript, and JSON, may say anything. */
function check(options: unknown, byDefault: number, site: Site): number {
  if (typeof options !== 'object' || options === null) throw invalid(site, '', 'an object', options)
  for (const [field, value] of Object.entries(options)) {
    if (!FIELDS.includes(field)) throw invalid(site, field, `left out: the options are ${FIELDS.join(', ')}`, value)
  }
  const { after }: SlowStepOptions = options
  if (after === undefined) return byDefault
  const ms = millisecondsOf(after)
  if (ms === undefined || ms <= 0 || ms > LONGEST) throw invalid(site, 'after', "above 0, at most '24d'", after)
  return ms
}

function millisecondsOf(duration: Duration): number | undefined {
  try {
    return toMs(duration)
  } catch {
    return undefined
  }
}

function invalid({ owner, path, ...where }: Site, field: string, expected: string, value: unknown): PipelineError {
  const option = [path, field].filter((part) => part !== '').join('.') || 'options'
  const shown =
    typeof value === 'string' ? `'${value}'` : Object(value) === value ? `this ${typeof value}` : String(value)
  const message = `\`${option}\` of ${owner} must be ${expected}; got ${shown}.`
  return new PipelineError('OPTION_INVALID', message, { plugin: 'slow-step', ...where })
}
