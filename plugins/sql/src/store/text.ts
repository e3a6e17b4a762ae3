/** Comes before what stands for a character that a database cannot keep. */
const MARK = '\u0001'

/** Lone surrogates are moved to where there are characters: to `㐀` and what follows it. */
const [FIRST_SURROGATE, FIRST_STANDIN] = [0xd800, 0x3400]

/** What a decoder may take for a sign that it decodes UTF-8, and leave out. */
const BYTE_ORDER_MARK = '\ufeff'

const UNKEPT = new RegExp(`[\\0${MARK}\\ud800-\\udfff]|^${BYTE_ORDER_MARK}`, 'gu')
const MARKED = new RegExp(`${MARK}([^])`, 'g')

/**
 * A string as all databases and clients keep it: none has room for half a surrogate pair, PostgreSQL none for NUL, and
 * PGlite drops a byte order mark at the beginning. What is replaced grows to twice its bytes at most. Equal strings give
 * equal texts, and different ones different texts, so texts can be compared instead.
 */
export function toText(value: string): string {
  if (value.isWellFormed() && !value.includes('\0') && !value.includes(MARK) && !value.startsWith(BYTE_ORDER_MARK))
    return value
  return value.replace(UNKEPT, (one) => {
    if (one === '\0') return `${MARK}0`
    if (one === MARK) return `${MARK}1`
    if (one === BYTE_ORDER_MARK) return `${MARK}2`
    return MARK + String.fromCharCode(one.charCodeAt(0) - FIRST_SURROGATE + FIRST_STANDIN)
  })
}

/** The string that {@link toText} was given. */
export function fromText(text: string): string {
  if (!text.includes(MARK)) return text
  return text.replace(MARKED, (_, one: string) => {
    if (one === '0') return '\0'
    if (one === '1') return MARK
    if (one === '2') return BYTE_ORDER_MARK
    return String.fromCharCode(one.charCodeAt(0) - FIRST_STANDIN + FIRST_SURROGATE)
  })
}
