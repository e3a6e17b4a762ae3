import type { Timeline, TimelineRow } from '@pipe/sql'
import { barOf, isSeen, paintBar, type Scale, SIGNS } from './bar.ts'
import { drawLanes } from './lanes.ts'
import { duration, fit, lettersOf, type Terminal } from './terminal.ts'
import { type Branch, treeOf } from './tree.ts'

/** A line of the drawing. */
interface Line {
  readonly name: string
  readonly row: TimelineRow
}

const TIMES = 9

/**
 * A run as a text: a line for each step, below the map or the call that it is inside of, then the same in lanes. What took
 * less than a column, and went well, is only counted.
 */
export function drawTimeline(timeline: Timeline, terminal: Terminal): string {
  const { width, paint } = terminal
  const { run, pipeline, status, spanMs, rows, truncated } = timeline
  const tree = treeOf(rows)
  const lines = linesOf(tree, '  ')
  const room = Math.min(Math.floor(width / 3), Math.max(10, ...lines.map(({ name }) => lettersOf(name).length)))
  const scale: Scale = { columns: width - room - TIMES - 2, spanMs }
  const shown = lines.filter(({ row }) => isSeen(row, scale))
  const drawn = shown.map(({ name, row }) => {
    const took = duration(row.endMs - row.startMs).padStart(TIMES)
    return `${fit(name, room).padEnd(room)} ${paintBar(barOf([row], scale), terminal)} ${took}`
  })
  const notes = [
    ...(lines.length > shown.length ? [`too short to be drawn: ${lines.length - shown.length}`] : []),
    ...(truncated ? ['there are more'] : []),
  ]
  return [
    paint('heading', fit(`${run}: ${pipeline}, ${status}, ${duration(spanMs)}`, width)),
    ...drawn,
    ...notes.map((note) => paint('quiet', fit(`  (${note})`, width))),
    ...LEGEND.map((line) => paint('quiet', fit(`  ${line}`, width))),
    '',
    paint('heading', fit('In lanes: what ran at the same time', width)),
    ...drawLanes(tree, { columns: width - 4, spanMs }, terminal).map((line) => `  ${line}`),
  ].join('\n')
}

const LEGEND = [
  `${SIGNS.succeeded} worked   ${SIGNS.failed} failed   ${SIGNS.retry} waits to be tried again`,
  `${SIGNS.turn} waits for its turn   ${SIGNS.cancelled} cancelled   ${SIGNS.running} did not end`,
]

const linesOf = (branches: readonly Branch[], indent: string): readonly Line[] =>
  branches.flatMap(({ row, label, inside }) => [{ name: indent + label, row }, ...linesOf(inside, `${indent}  `)])
