import { checkOptions, type Duration, invalidOption, type OptionRule, type OptionRules, toMs } from '@pipe/core'
import { LONGEST } from '../schema/history-tables.ts'
import { keyText } from '../tracker/text.ts'

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

/** Of what columns have of a text, bytes: the tracker has cut what is longer. */
const LONGEST_OF = {
  pipeline: LONGEST.name,
  parent: LONGEST.id,
  trace: LONGEST.word,
  errorName: LONGEST.name,
  errorCode: LONGEST.name,
  step: LONGEST.path,
  path: LONGEST.path,
  within: LONGEST.path,
}

/**
 * The options of a question, with texts as columns have them.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checked<O extends object>(options: O, rules: OptionRules<O>, method: string): O {
  const asked = { ...checkOptions(options, rules, siteOf(method)) }
  for (const [name, bytes] of Object.entries(LONGEST_OF)) {
    const given: unknown = Reflect.get(asked, name)
    if (typeof given === 'string') Reflect.set(asked, name, keyText(given, bytes))
  }
  return asked
}

/**
 * The id of a run, as columns have it.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkedId(id: string, method: string, name = 'id'): string {
  if (isText(id)) return keyText(id, LONGEST.id)
  throw invalidOption(siteOf(method), id, text[0], name)
}

/** The error for an `after` that no page had as its `next`. */
export const notACursor = (after: string, method: string) =>
  invalidOption(siteOf(method), after, `the \`next\` of a page of ${method}()`, 'after')
