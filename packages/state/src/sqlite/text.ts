/** Marks a text that is kept as JSON. */
const MARK = '\u0001'

/**
 * A string as SQLite can keep it. SQLite has UTF-8, where half a surrogate pair has no place, and its own functions stop
 * at NUL: a string with either, or one that begins like the mark, is kept as marked JSON, every other one as it is. Equal
 * strings give equal texts and different ones different texts, so texts can be compared instead.
 */
export function toText(value: string): string {
  if (value.isWellFormed() && !value.includes('\0') && !value.startsWith(MARK)) return value
  return MARK + JSON.stringify(value)
}

/** The string that {@link toText} was given. */
export function fromText(text: string): string {
  return text.startsWith(MARK) ? String(JSON.parse(text.slice(MARK.length))) : text
}
