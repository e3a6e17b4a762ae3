import { type ErrorData, serializeError } from '@pipe/core'

/** Most bytes that an error takes in a store, and which part of a value: what stands beside it has to have room, too. */
const MOST_BYTES = 64 * 1024
const MOST_OF_VALUE = 0.5

/** What the first cut leaves: characters of each text, errors of an `AggregateError`, fields of an error. Each other leaves half of it. */
const LONGEST_TEXT = 16 * 1024
const MOST_PARTS = 64

/** What the last cut leaves at least: characters of a text; fields, so that `code`, `pipeline` and `step` are among them. */
const SHORTEST_TEXT = 16
const FEWEST_FIELDS = 8

/**
 * An error as it is recorded: whole, or, when that takes more than 64 KiB or half of what a value may have, with its texts cut where a `…` stands, larger fields as the beginning of their JSON, and fewer causes, errors and fields. Never
 * throws.
 *
 * @param maxValueBytes longest value of the store, in bytes
 */
export function recordedError(thrown: unknown, maxValueBytes: number): ErrorData {
  const whole = serializeError(thrown)
  const most = Math.min(MOST_BYTES, maxValueBytes * MOST_OF_VALUE)
  if (bytesOf(whole) <= most) return whole
  for (let part = 1; LONGEST_TEXT * part >= SHORTEST_TEXT; part /= 2) {
    const data = cut(whole, LONGEST_TEXT * part, Math.max(1, Math.floor(MOST_PARTS * part)))
    if (bytesOf(data) <= most) return data
  }
  return { name: shortened(whole.name, SHORTEST_TEXT), message: shortened(whole.message, SHORTEST_TEXT) }
}

/**
 * @param text how many characters are left of a text
 * @param parts how many are left of errors, of fields, and of causes inside each other
 */
function cut({ name, message, stack, cause, errors, ...own }: ErrorData, text: number, parts: number): ErrorData {
  const fields = Object.entries(own).slice(0, Math.max(parts, FEWEST_FIELDS))
  return {
    name: shortened(name, text),
    message: shortened(message, text),
    ...(stack !== undefined && { stack: shortened(stack, text) }),
    ...Object.fromEntries(fields.map(([key, value]) => [shortened(key, text), cutField(value, text)])),
    ...(cause !== undefined && parts > 0 && { cause: cut(cause, text, parts - 1) }),
    ...(errors !== undefined && { errors: errors.slice(0, parts).map((one) => cut(one, text, parts - 1)) }),
  }
}

function cutField(value: unknown, most: number): unknown {
  if (typeof value === 'string') return shortened(value, most)
  const text = JSON.stringify(value)
  return text.length <= most ? value : shortened(text, most)
}

/** The beginning of a text, not ending in half of a pair. */
const shortened = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`

const bytesOf = (data: ErrorData) => Buffer.byteLength(JSON.stringify(data))
