import { messageOf, PipelineError } from './errors.ts'

/** What an option may hold: in words that follow "must be", and as a test. */
export type OptionRule = readonly [expected: string, holds: (value: unknown) => boolean]

/** A rule for each option there is. */
export type OptionRules<O> = { readonly [K in keyof O]-?: OptionRule }

/** Where options were written, for the error. */
export interface OptionSite {
  /** Whose options they are: `retry()`, `step "a" of pipeline "p"`. */
  readonly owner: string
  /** Name of the option whose fields they are. Default: they stand for themselves. */
  readonly path?: string
  /** What is expected there, in words. Default `an object`. */
  readonly shape?: string
  /** Names of the plugin, the pipeline and the step, for the details of the error. */
  readonly plugin?: string
  readonly pipeline?: string
  readonly step?: string
}

/** What a step is found by; a `StepInfo` is one. */
interface StepName {
  readonly pipeline: string
  readonly id: string
}

/** Where the option `path` of a step was written. `plugin` owns it; `shape` says what is expected there, in words. */
export function optionSite(step: StepName, plugin: string, path: string, shape: string): OptionSite {
  const { pipeline, id } = step
  return { owner: `step "${id}" of pipeline "${pipeline}"`, path, shape, plugin, pipeline, step: id }
}

/**
 * The one validation of options: an object with nothing but what `rules` name, and in each what its rule allows. All may
 * be absent; `undefined` is the same as absent.
 *
 * ```ts
 * const rules: OptionRules<CacheOptions> = { ttl: ['milliseconds from 0 up', (value) => Number(value) >= 0] }
 * checkOptions(options, rules, { owner: 'cache()', plugin: 'cache' })
 * // → `ttl` of cache() must be milliseconds from 0 up; got 'soon'.
 * ```
 * @returns a copy of those that are there
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkOptions<O extends object>(options: O, rules: OptionRules<O>, site: OptionSite): O {
  const problem = problemIn(options, rules)
  if (problem !== undefined) throw invalidOption(site, ...problem)
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O
}

/**
 * The error for an option that holds what it may not.
 *
 * @param value what it holds
 * @param expected what it must be, in words. Default: the shape of what is at `site`
 * @param field the field that holds it. Default: it is what is at `site` itself
 */
export function invalidOption(site: OptionSite, value: unknown, expected?: string, field = ''): PipelineError {
  const { owner, path = '', shape = 'an object', ...where } = site
  const name = [path, field].filter((part) => part !== '').join('.') || 'options'
  const message = `\`${name}\` of ${owner} must be ${expected ?? shape}; got ${shown(value)}.`
  return new PipelineError('OPTION_INVALID', message, where)
}

/**
 * The value of the first option that breaks a rule, what it must be, and its name; only the value for what is no object.
 *
 * @param open whether there may be others than `rules` names
 */
export function problemIn(
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
  open = false,
): readonly [value: unknown, expected?: string, field?: string] | undefined {
  if (!isObject(options)) return [options]
  for (const field of Object.keys(open ? rules : options)) {
    const value = options[field]
    if (value === undefined) continue
    if (!Object.hasOwn(rules, field))
      return [value, `left out: the options are ${Object.keys(rules).join(', ')}`, field]
    const [expected, holds] = rules[field]!
    if (!holds(value)) return [value, expected, field]
  }
  return undefined
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  return isObject(value) || isFunction(value) ? `this ${typeof value}` : messageOf(value)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown) => typeof value === 'function'

// Rules that several have.
export const aFunction: OptionRule = ['a function', isFunction]
export const anObject: OptionRule = ['an object', isObject]
export const aString: OptionRule = ['a non-empty string', (value) => typeof value === 'string' && value !== '']
export const aFlag: OptionRule = ['true or false', (value) => typeof value === 'boolean']
export const functions: OptionRule = [
  'an object of functions',
  (value) => isObject(value) && Object.values(value).every((one) => one === undefined || isFunction(one)),
]
