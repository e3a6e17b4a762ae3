import { messageOf, PipelineError } from './errors.ts'

/** `value` when it is a whole number from 1 up. Throws `OPTION_INVALID` otherwise. */
export function wholeNumber(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw new PipelineError(
    'OPTION_INVALID',
    `Expected \`${name}\` to be a whole number from 1 up, got ${messageOf(value)}.`,
  )
}
