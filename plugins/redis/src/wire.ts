/**
 * Strings as they are sent. A client writes UTF-8, which has no lone surrogates: a string with one would come back as
 * another string. Such a string is sent as JSON, which escapes them, behind a mark.
 */
const MARK = '\u0001'

/** `text` as it is sent. */
export const toWire = (text: string): string =>
  text.isWellFormed() && !text.startsWith(MARK) ? text : MARK + JSON.stringify(text)

/** What was sent as `wire`. */
export const fromWire = (wire: string): string =>
  wire.startsWith(MARK) ? String(JSON.parse(wire.slice(MARK.length))) : wire
