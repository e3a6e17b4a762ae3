import { pino, type LoggerOptions } from 'pino'

/** A line that pino wrote. */
interface Line {
  readonly level: string
  readonly msg?: string
  readonly [field: string]: unknown
}

/** A real pino, and the lines that it wrote. */
export function capture(options: LoggerOptions = {}) {
  const lines: Line[] = []
  const write = (text: string) => void lines.push(JSON.parse(text) as Line)
  const formatters = { level: (level: string) => ({ level }) }
  const logger = pino({ level: 'trace', base: null, timestamp: false, formatters, ...options }, { write })
  return {
    logger,
    lines,
    /** Each line as its level and its message. */
    said: () => lines.map(({ level, msg }) => `${level} ${msg ?? ''}`),
    /** The lines of one event, such as `step.failed`. */
    of: (event: string) => lines.filter((line) => line['pipe.event'] === event),
  }
}
