/** Writes one line: fields first, message second. */
export type LogMethod = (fields: object, message?: string) => void

/** The part of a pino logger that steps use. Without a logging plugin nothing is written. */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

const nothing: LogMethod = () => undefined

/** A logger that writes nothing. */
export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
