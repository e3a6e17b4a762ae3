import type { TimelineRow, TimelineSpan } from '@pipe/sql'
import type { Terminal } from './terminal.ts'

/** How milliseconds become columns. */
export interface Scale {
  readonly columns: number
  readonly spanMs: number
}

/** What is drawn, and in which colour: signs differ, so that a drawing without colours says the same. */
export const SIGNS = {
  succeeded: '█',
  restored: '█',
  failed: 'x',
  cancelled: '/',
  running: '?',
  skipped: ' ',
  retry: '░',
  turn: '·',
} as const

const statusOf = new Map<string, string>([
  [SIGNS.succeeded, 'succeeded'],
  [SIGNS.failed, 'failed'],
  [SIGNS.cancelled, 'cancelled'],
  [SIGNS.running, 'lost'],
  [SIGNS.retry, 'quiet'],
  [SIGNS.turn, 'quiet'],
])

/** From which column to which; what is short has one. */
export function columnsOf({ startMs, endMs }: TimelineSpan, { columns, spanMs }: Scale): readonly [number, number] {
  const column = (ms: number) => (spanMs === 0 ? 0 : (ms / spanMs) * columns)
  const from = Math.min(columns - 1, Math.max(0, Math.floor(column(startMs))))
  return [from, Math.min(columns, Math.max(from + 1, Math.round(column(endMs))))]
}

/** Whether there is something to see: it takes a column at least, or did not go well at once. */
export function isSeen({ startMs, endMs, status, attempts }: TimelineRow, { spanMs, columns }: Scale): boolean {
  return status !== 'succeeded' || attempts.length > 1 || endMs - startMs >= spanMs / columns
}

/** The attempts and waits of rows in one line, whose work does not overlap in time: as many letters as there are columns. */
export function barOf(rows: readonly TimelineRow[], scale: Scale): string {
  const letters = Array.from({ length: scale.columns }, () => ' ')
  const put = (span: TimelineSpan, sign: string) => {
    letters.fill(sign, ...columnsOf(span, scale))
  }
  // What waits for its turn does so while others in its line work.
  for (const row of rows) for (const wait of row.waits) put(wait, SIGNS[wait.for])
  for (const row of rows) for (const attempt of row.attempts) put(attempt, SIGNS[attempt.status])
  return letters.join('')
}

/** A bar in colours. */
export const paintBar = (bar: string, { paint }: Terminal): string =>
  bar.replaceAll(/(\S)\1*/g, (letters, letter: string) => paint(statusOf.get(letter) ?? '', letters))
