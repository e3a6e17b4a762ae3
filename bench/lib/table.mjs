/**
 * A table: `{ title, columns, rows }`. A row has a `name`, mostly of a peer, and either `cells` with the verdicts on its
 * `bars`, `{ text, met }`, or why it has none: `skipped` or `failed`.
 */

export function markdown({ columns, rows }) {
  const barred = rows.some(({ bars = [] }) => bars.length > 0)
  const head = ['', ...columns, ...(barred ? ['bar'] : [])]
  const lines = rows.map(({ name, cells = [], bars = [], skipped, failed }) => {
    const shown = name.startsWith('pipe') ? `**${name}**` : name
    if (skipped !== undefined) return [shown, `skipped: ${skipped}`]
    if (failed !== undefined) return [shown, `failed: ${failed.replace(/\s+/g, ' ').slice(0, 200)}`]
    return [shown, ...cells, ...(barred ? [bars.map(({ text, met }) => `${text} ${mark(met)}`).join(', ')] : [])]
  })
  const rule = head.map((_, column) => (column > 0 && column <= columns.length ? '---:' : '---'))
  return [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

const mark = (met) => (met === undefined ? '?' : met ? '✔' : '✖')

/** The rows that failed. */
export const failures = ({ title, rows }) =>
  rows.filter(({ failed }) => failed !== undefined).map(({ name }) => `${title}: ${name} failed`)

/** The bars that are missed. */
export const missedBars = ({ title, rows }) =>
  rows.flatMap(({ name, bars = [] }) =>
    bars.filter(({ met }) => met === false).map(({ text }) => `${title}: ${name} misses ${text}`),
  )
