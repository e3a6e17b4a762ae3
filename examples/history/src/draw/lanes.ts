import type { TimelineRow } from '@pipe/sql'
import { barOf, columnsOf, isSeen, paintBar, type Scale } from './bar.ts'
import { fit, lettersOf, type Terminal } from './terminal.ts'
import type { Branch } from './tree.ts'

/** A step with nothing inside of it, and what it is called where there is little room: the item that it works on. */
interface Leaf {
  readonly row: TimelineRow
  readonly lane: number
  readonly name: string
}

/**
 * Lines in which nothing overlaps: as many as there were things to do at once. Maps, calls and items have no lane, since
 * what is inside of them has; what is too short to be seen is left out.
 */
export function drawLanes(tree: readonly Branch[], scale: Scale, terminal: Terminal): readonly string[] {
  const leaves = leavesOf(tree, undefined).filter(({ row }) => isSeen(row, scale))
  const lanes = Map.groupBy(leaves, ({ lane }) => lane)
  return [...lanes].toSorted(([a], [b]) => a - b).map(([, leaves]) => drawLane(leaves, scale, terminal))
}

function drawLane(leaves: readonly Leaf[], scale: Scale, terminal: Terminal): string {
  const rows = leaves.map(({ row }) => row)
  const bar = barOf(rows, scale).trimEnd()
  let [line, drawn] = ['', 0]
  for (const { row, name } of leaves) {
    const [from, to] = columnsOf(row, scale)
    const room = to - from - 2
    if (row.attempts.length > 1 || room < 4) continue
    const text = fit(name, room)
    line += paintBar(bar.slice(drawn, from + 1), terminal) + terminal.paint(row.status, text)
    drawn = from + 1 + lettersOf(text).length
  }
  return line + paintBar(bar.slice(drawn), terminal)
}

/** The key that a label begins with: `January` of `[January]/normal`. In keys, `\` is before `]` and `\`. */
const keyIn = (label: string) => /^\[((?:\\.|[^\]\\])*)\]/s.exec(label)?.[1]

const leavesOf = (branches: readonly Branch[], item: string | undefined): readonly Leaf[] =>
  branches.flatMap(({ row, label, inside }) => {
    const key = keyIn(label) ?? item
    return row.lane === undefined ? leavesOf(inside, key) : [{ row, lane: row.lane, name: key ?? label }]
  })
