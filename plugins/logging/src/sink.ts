import type { Fields } from './fields.ts'

/** The levels of pino. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/**
 * The part of a logger that is used. A pino logger fits, and whatever takes fields first and a message second. `console`
 * and winston fit too: they are recognised, and get their lines the way they want them.
 */
export interface LoggerLike {
  /** Writes a line of this level; needed when `levels` asks for it. */
  trace?(fields: object, message?: string): unknown
  /** Writes a line of this level. A promise that is answered with is not waited for; its rejection is reported. */
  debug(fields: object, message?: string): unknown
  /** Writes a line of this level. */
  info(fields: object, message?: string): unknown
  /** Writes a line of this level. */
  warn(fields: object, message?: string): unknown
  /** Writes a line of this level. */
  error(fields: object, message?: string): unknown
  /** Writes a line of this level; needed when `levels` asks for it. */
  fatal?(fields: object, message?: string): unknown
  /** A logger that adds `fields` to each of its lines. Without one the fields are put into each line. */
  child?(fields: Record<string, unknown>): LoggerLike
  /** Whether a line of this level would be written. Without one it is taken for granted. */
  isLevelEnabled?(level: string): boolean
}

/** Reports an error of the logger. */
export type Report = (error: unknown) => void

/** Writes a line; a promise that it answers with is watched. */
type Write = (logger: LoggerLike, level: LogLevel, fields: object, message: string | undefined) => unknown

/** A logger that lines can be written to without a thought: what it throws is reported and goes no further. */
export class Sink {
  readonly #logger: LoggerLike
  readonly #write: Write
  readonly #report: Report
  /** What goes into every line, when the logger cannot remember it. */
  readonly #bound: Fields | null

  constructor(logger: LoggerLike, report: Report, write: Write = writerOf(logger), bound: Fields | null = null) {
    this.#logger = logger
    this.#write = write
    this.#report = report
    this.#bound = bound
  }

  /** Whether a line of this level would be written: asked before a line is made. */
  enabled(level: LogLevel): boolean {
    try {
      return this.#logger.isLevelEnabled?.(level) ?? true
    } catch (error) {
      this.#report(error)
      return true
    }
  }

  /** A sink that adds `fields` to each of its lines. */
  child(fields: Fields): Sink {
    if (this.#write === fieldsFirst && typeof this.#logger.child === 'function') {
      try {
        const logger = this.#logger.child({ ...this.#bound, ...fields })
        if (isLogger(logger)) return new Sink(logger, this.#report, fieldsFirst)
      } catch (error) {
        this.#report(error)
      }
    }
    return new Sink(this.#logger, this.#report, this.#write, { ...this.#bound, ...fields })
  }

  /** `fields` belong to the line from now on. */
  write(level: LogLevel, fields: Fields, message: string | undefined): void {
    try {
      const line = this.#bound === null ? fields : Object.assign(fields, this.#bound)
      const returned = this.#write(this.#logger, level, line, message) as PromiseLike<unknown> | undefined
      if (typeof returned?.then === 'function') returned.then(undefined, this.#report)
    } catch (error) {
      this.#report(error)
    }
  }
}

const fieldsFirst: Write = (logger, level, fields, message) =>
  message === undefined ? logger[level]!(fields) : logger[level]!(fields, message)

/** Its methods would take a `%` in the message for a format, and leave out the fields. */
const toWinston: Write = (logger, level, fields, message = '') =>
  (logger as unknown as Winston).log({ ...fields, level, message })

interface Winston {
  log(line: object): unknown
}

/** `console.trace` prints a stack, there is no `console.fatal`, and a first argument may be a format. */
const toConsole: Write = (logger, level, fields, message = '') => {
  const method = level === 'trace' ? 'debug' : level === 'fatal' ? 'error' : level
  ;(logger as Console)[method]('%s', message, fields)
}

const has = (logger: object, ...methods: readonly string[]) =>
  methods.every((method) => typeof Reflect.get(logger, method) === 'function')

const isConsole = (logger: object) => has(logger, 'table', 'groupEnd')
const isWinston = (logger: object) => has(logger, 'configure', 'log') && 'transports' in logger

const writerOf = (logger: object): Write =>
  isConsole(logger) ? toConsole : isWinston(logger) ? toWinston : fieldsFirst

/** Whether `value` has what it takes: the four levels that steps use. */
export function isLogger(value: unknown): value is LoggerLike {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return has(value, 'debug', 'info', 'warn', 'error')
}

/** Whether lines of this level can be written. */
export const canWrite = (logger: object, level: LogLevel) => isConsole(logger) || has(logger, level)
