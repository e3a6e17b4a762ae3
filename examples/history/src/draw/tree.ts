import type { TimelineRow } from '@pipe/sql'

/** A row with what is inside of it, in the order in which it started. */
export interface Branch {
  readonly row: TimelineRow
  /** Its path without that of what it is inside of: `normal`, `[January]`. */
  readonly label: string
  readonly inside: Branch[]
}

/** Rows as they are inside of each other: what contains a row has its path as its beginning, and starts before it. */
export function treeOf(rows: readonly TimelineRow[]): readonly Branch[] {
  const top: Branch[] = []
  const known = new Map<string, Branch>()
  for (const row of rows) {
    const parent = parentOf(row.path, known)
    const branch = { row, label: row.path.slice(parent?.row.path.length ?? 0).replace(/^\//, ''), inside: [] }
    known.set(row.path, branch)
    ;(parent?.inside ?? top).push(branch)
  }
  return top
}

function parentOf(path: string, known: ReadonlyMap<string, Branch>): Branch | undefined {
  for (let end = path.length - 1; end > 0; end--) {
    if (path[end] !== '/' && path[end] !== '[') continue
    const parent = known.get(path.slice(0, end))
    if (parent !== undefined) return parent
  }
  return undefined
}
