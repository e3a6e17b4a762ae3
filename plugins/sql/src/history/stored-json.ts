import type { ErrorData } from '@pipe/core'

/** What JSON columns hold: the values, and the texts that are no JSON, as they are. */
export interface Stored<K extends string> {
  readonly values: Readonly<Partial<Record<K, unknown>>>
  readonly unreadable?: Readonly<Partial<Record<K, string>>>
}

/**
 * Reads JSON columns. What was not captured is absent from both.
 *
 * @param accepts what a value must be to be read, where not anything will do
 */
export function readStored<K extends string>(
  texts: Readonly<Record<K, string | null>>,
  accepts: Readonly<Partial<Record<string, (value: unknown) => boolean>>> = {},
): Stored<K> {
  const values: Partial<Record<K, unknown>> = {}
  const unreadable: Partial<Record<K, string>> = {}
  let all = true
  for (const name in texts) {
    const text = texts[name]
    if (text === null) continue
    const value = parse(text)
    if (value !== undefined && accepts[name]?.(value) !== false) values[name] = value
    else {
      unreadable[name] = text
      all = false
    }
  }
  return { values, ...(!all && { unreadable }) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isTags = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((one) => typeof one === 'string')

export const isErrorData = (value: unknown): value is ErrorData =>
  isObject(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string'

/** What a row says of an error. */
interface ErrorColumns {
  readonly error_name: string | null
  readonly error_code: string | null
  readonly error_message: string | null
}

const STEP_FAILED = 'STEP_FAILED'
const isStepFailed = ({ name, code }: ErrorData) => name === 'PipelineError' && code === STEP_FAILED

/**
 * The error of a row: what was thrown, without the errors that say that a step of a run or a call failed with it. All of it
 * where that was recorded, else what the columns say, which are about the same one.
 */
export function errorIn(
  { error_name, error_code, error_message }: ErrorColumns,
  stored: unknown,
): ErrorData | undefined {
  if (isErrorData(stored)) {
    let thrown = stored
    while (isStepFailed(thrown) && isErrorData(thrown.cause)) thrown = thrown.cause
    // What is deep inside may have been cut off, or be no error.
    if (!isStepFailed(thrown) || error_name === null || error_code === STEP_FAILED) return thrown
  }
  if (error_name === null && error_message === null) return undefined
  return { name: error_name ?? 'Error', message: error_message ?? '', ...(error_code !== null && { code: error_code }) }
}
