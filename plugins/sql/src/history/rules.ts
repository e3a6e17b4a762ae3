import { checkOptions, type Duration, invalidOption, type OptionRule, type OptionRules, toMs } from '@pipe/core'

/** Most items of a page. */
const MOST = 1_000
/** How many there are unless it is said. */
export const USUAL = 100

const isText = (value: unknown) => typeof value === 'string' && value !== '' && !value.includes('\0')

/** Rules for what several questions take. */
export const text: OptionRule = ['a non-empty string without NUL', isText]
export const time: OptionRule = ['epoch ms, such as Date.now() - 3_600_000', Number.isFinite]
export const flag: OptionRule = ['true or false', (value) => typeof value === 'boolean']
export const limitUpTo = (most: number): OptionRule => [
  `a whole number from 1 to ${most.toLocaleString('en')}`,
  (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most,
]
export const limit = limitUpTo(MOST)
export const oneOf = (all: readonly string[]): OptionRule => [
  `one of ${all.map((one) => `'${one}'`).join(', ')}`,
  (value) => all.includes(value as string),
]
export const someOf = (all: readonly string[]): OptionRule => [
  `an array of ${all.map((one) => `'${one}'`).join(', ')}`,
  (value) => Array.isArray(value) && value.every((one) => all.includes(one as string)),
]
export const texts: OptionRule = [
  'an object of strings',
  (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string'),
]
export const duration: OptionRule = [
  "milliseconds from 0 up, or a string such as '30d'",
  (value) => {
    try {
      return toMs(value as Duration) < Infinity
    } catch {
      return false
    }
  },
]

const siteOf = (method: string) => ({ owner: `${method}() of the history`, plugin: 'sql' })

/**
 * The options of a question.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export const checked = <O extends object>(options: O, rules: OptionRules<O>, method: string): O =>
  checkOptions(options, rules, siteOf(method))

/**
 * The id of a run.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkedId(id: string, method: string, name = 'id'): string {
  if (isText(id)) return id
  throw invalidOption(siteOf(method), id, text[0], name)
}

/** The error for an `after` that no page had as its `next`. */
export const notACursor = (after: string, method: string) =>
  invalidOption(siteOf(method), after, `the \`next\` of a page of ${method}()`, 'after')
