import type { Logger } from '@pipe/core'

/** A line that was logged. */
export interface LoggedLine {
  /** The method that was called. */
  readonly level: keyof Logger
  /** Its first argument. */
  readonly fields: object
  /** Its second argument, when there was one. */
  readonly message?: string
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  /** Every line so far, oldest first. */
  readonly lines: readonly LoggedLine[]
}

/** Makes a logger that keeps its lines. */
export function recordingLogger(): RecordingLogger {
  const lines: LoggedLine[] = []
  const method =
    (level: keyof Logger): Logger[keyof Logger] =>
    (fields, message) => {
      lines.push({ level, fields, ...(message !== undefined && { message }) })
    }
  return { lines, debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}
