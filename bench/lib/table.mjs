/**
 * A table: `{ title, columns, rows }`. A row is of one peer: its `cells`, its `bars` as `{ text, met }`, or why it has no
 * figures: `skipped` or `failed`.
 */

export function markdown({ columns, rows }) {
  const barred = rows.some(({ bars = [] }) => bars.length > 0)
  const head = ['', ...columns, ...(barred ? ['bar'] : [])]
  const lines = rows.map(({ peer, cells = [], bars = [], skipped, failed }) => {
    const name = peer.startsWith('pipe') ? `**${peer}**` : peer
    if (skipped !== undefined) return [name, `skipped: ${skipped}`]
    if (failed !== undefined) return [name, `failed: ${failed.replace(/\s+/g, ' ').slice(0, 200)}`]
    return [name, ...cells, ...(barred ? [bars.map(({ text, met }) => `${text} ${mark(met)}`).join(', ')] : [])]
  })
  const rule = head.map((_, column) => (column > 0 && column <= columns.length ? '---:' : '---'))
  return [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

const mark = (met) => (met === undefined ? '?' : met ? '✔' : '✖')

/** What failed, and the bars that are missed. */
export function problems({ title, rows }) {
  return rows.flatMap(({ peer, bars = [], failed }) => [
    ...(failed === undefined ? [] : [`${title}: ${peer} failed`]),
    ...bars.filter(({ met }) => met === false).map(({ text }) => `${title}: ${peer} misses ${text}`),
  ])
}
