import cliTruncate from 'cli-truncate'
import type { Look } from './look.ts'
import { isActive, type Task } from './task.ts'
import { taskLine } from './task-line.ts'
import type { TerminalSize } from './terminal.ts'
import { count, oneLine } from './words.ts'

/** The room there is for a picture, when it is drawn (epoch ms), and how far it is moved to the right. */
export interface Frame extends TerminalSize {
  readonly now: number
  readonly depth: number
}

interface Row {
  readonly task: Task
  readonly depth: number
}

/** Tasks as lines, nested, as many as there is room for; the last line counts those that are left out. */
export function picture(tasks: Iterable<Task>, look: Look, { columns, rows: room, now, depth }: Frame): string[] {
  if (room < 1) return []
  const rows: Row[] = []
  collect(tasks, depth, undefined, rows)
  const shown = rows.length <= room ? rows : mostUrgent(rows, Math.max(0, room - 1))
  const drawn = shown.map(({ task, depth }) => '  '.repeat(depth) + taskLine(task, oneLine(task.name), look, now))
  if (shown.length < rows.length) drawn.push(look.paint('dim', '  '.repeat(depth) + leftOut(rows, shown)))
  return drawn.map((line) => cliTruncate(line, columns))
}

function collect(tasks: Iterable<Task>, depth: number, parent: Task | undefined, rows: Row[]): void {
  for (const task of tasks) {
    if (parent !== undefined && !isWorthIt(task, parent)) continue
    const isRound = parent?.kind === 'loop'
    if (!isRound) rows.push({ task, depth })
    collect(task.children, isRound ? depth : depth + 1, task, rows)
  }
}

/** Of items, and of what is inside them, only what needs a look is shown. */
function isWorthIt(task: Task, parent: Task): boolean {
  if (isActive(task) || task.status === 'failed') return true
  if (parent.kind === 'item' || task.kind === 'item') return false
  return task.status !== 'waiting' || isActive(parent)
}

/** What runs comes first, then what failed, then what was done last, then what waits. */
function mostUrgent(rows: readonly Row[], most: number): readonly Row[] {
  const [running, failed, done, waiting] = [0, 1, 2, 3].map((urgency) =>
    rows.filter((row) => urgencyOf(row) === urgency),
  )
  const kept = new Set([...running!, ...failed!, ...done!.reverse(), ...waiting!].slice(0, most))
  return rows.filter((row) => kept.has(row))
}

function urgencyOf({ task }: Row): number {
  if (isActive(task)) return 0
  if (task.status === 'failed') return 1
  return task.status === 'waiting' ? 3 : 2
}

const GROUPS = ['running', 'failed', 'done', 'waiting']

function leftOut(rows: readonly Row[], shown: readonly Row[]): string {
  const counts = GROUPS.map((group, urgency) => {
    const here = (list: readonly Row[]) => list.filter((row) => urgencyOf(row) === urgency).length
    const left = here(rows) - here(shown)
    return left > 0 ? `${count(left)} ${group}` : ''
  })
  return `… and ${counts.filter((part) => part !== '').join(', ')}`
}
