import { PipelineError } from '@pipe/core'

/**
 * The error for a text that a store would refuse; `undefined` for one that fits.
 *
 * @param maxValueBytes longest value of the store, in bytes
 * @param what it is, at the beginning of a sentence
 */
export function tooLarge(text: string, maxValueBytes: number, what: string): PipelineError | undefined {
  if (text.length * 3 <= maxValueBytes) return undefined
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxValueBytes) return undefined
  const message = `${what} is ${bytes} bytes; the store takes ${maxValueBytes}. Keep it elsewhere, and hand on where it is.`
  return new PipelineError('VALUE_UNSTORABLE', message)
}
