import type { TimelineRow } from '@pipe/sql'

/** A row with what is inside of it, in the order in which it started. */
export interface Branch {
  readonly row: TimelineRow
  /** Its path without that of what it is inside of: `normal`, `[January]`. */
  readonly label: string
  readonly inside: readonly Branch[]
}

/** Rows as they are inside of each other. */
export function treeOf(rows: readonly TimelineRow[]): readonly Branch[] {
  const branches = Map.groupBy(rows, ({ parent }) => parent)
  const inside = (parent: string | undefined): readonly Branch[] =>
    (branches.get(parent) ?? []).map((row) => ({ row, label: labelOf(row), inside: inside(row.path) }))
  return inside(undefined)
}

const labelOf = ({ path, parent = '' }: TimelineRow) => path.slice(parent.length).replace(/^\//, '')
