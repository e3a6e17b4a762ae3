import { fit, lettersOf, type Terminal } from './terminal.ts'

/** A line of a table. */
export interface Row {
  /** The colour of the line. */
  readonly status?: string
  readonly cells: readonly string[]
}

const GAP = 2
/** What stays of the last column, as long as there are others. */
const SHORTEST = 8

/**
 * Rows below their heads, no wider than the terminal. Cells that begin with a digit, or are `–`, stand to the right; what
 * there is no room for is taken from the last column, then from the widest ones.
 */
export function table(heads: readonly string[], rows: readonly Row[], { width, paint }: Terminal): string {
  const widths = heads.map((head, n) =>
    Math.max(head.length, ...rows.map(({ cells }) => lettersOf(cells[n] ?? '').length)),
  )
  const room = width - GAP * heads.length
  const last = heads.length - 1
  for (let over = widths.reduce((sum, n) => sum + n, -room); over > 0; over--) {
    const isLast = widths[last]! > Math.max(SHORTEST, heads[last]!.length)
    widths[isLast ? last : widths.indexOf(Math.max(...widths))]! -= 1
  }
  const isNumber = heads.map((_, n) => rows.every(({ cells }) => /^(\d|–$|$)/.test(cells[n] ?? '')))
  const line = (cells: readonly string[]) =>
    widths
      .map((width, n) => {
        const text = fit(cells[n] ?? '', width)
        return isNumber[n] ? text.padStart(width) : text.padEnd(width)
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  return [
    paint('quiet', `  ${line(heads)}`),
    ...rows.map(({ status = '', cells }) => paint(status, `  ${line(cells)}`)),
  ].join('\n')
}
