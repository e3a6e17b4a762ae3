import { inspect, stripVTControlCharacters } from 'node:util'
import { messageOf, type StepEnd, type StepRetry, type StepUndo } from '@pipe/core'
import prettyMs from 'pretty-ms'

const numbers = new Intl.NumberFormat('en')

/** `100,000` */
export const count = (value: number): string => numbers.format(value)

/** `41ms`, `1.6s` */
export const time = (ms: number): string => prettyMs(ms < 1000 ? Math.max(0, Math.round(ms)) : ms)

/** More than this of a text is never looked at. */
const LONGEST = 1_000

/** A text as one line that cannot move the cursor. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text.slice(0, LONGEST))
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}

/** The first line of what an error says. */
const firstLineOf = (error: unknown): string => oneLine(messageOf(error).trimStart().split(/\r?\n/, 1).join(''))

/** Reasons in the words of people. */
const reasons: Readonly<Record<string, string>> = {
  condition: 'its condition does not hold',
  'upstream-failed': 'a step before it failed',
  'run-failed': 'another step failed',
  'not-needed': 'it was not needed',
  'nothing-to-select': 'there is nothing to select',
}

/** What there is to say of a step that has settled, besides its status. */
export function noteOfEnd({ status, attempts, reason = status, error }: StepEnd): string {
  if (status === 'failed') return firstLineOf(error)
  if (status === 'skipped' || status === 'cancelled') return reasons[reason] ?? oneLine(reason)
  if (status === 'restored') return 'restored'
  return attempts > 1 ? `after ${attempts} attempts` : ''
}

export const noteOfRetry = ({ attempt, error, delayMs }: StepRetry): string =>
  `attempt ${attempt} failed: ${firstLineOf(error)}; again in ${time(delayMs)}`

export const noteOfUndo = ({ error }: StepUndo): string =>
  error === undefined ? 'undone' : `could not be undone: ${firstLineOf(error)}`

/**
 * What a step says of how far it is: a text as it is, a fraction as a percentage, `{ done, total, message }` in words,
 * anything else as `util.inspect` shows it.
 */
export function noteOfProgress(value: unknown): string {
  if (typeof value === 'number' && value > 0 && value < 1) return `${Math.floor(value * 100)}%`
  if (typeof value !== 'object' || value === null) return oneLine(String(value))
  const { done, total, message } = value as { done?: unknown; total?: unknown; message?: unknown }
  const share =
    typeof done === 'number' ? `${count(done)}${typeof total === 'number' ? ` of ${count(total)}` : ' done'}` : ''
  const words = [share, typeof message === 'string' ? oneLine(message) : ''].filter((part) => part !== '')
  return words.length > 0
    ? words.join(' ')
    : oneLine(inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 10 }))
}
