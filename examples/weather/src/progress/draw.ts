import cliTruncate from 'cli-truncate'
import prettyMs from 'pretty-ms'
import type { Format, Style } from './style.ts'
import { isActive, type Task } from './task.ts'

const marks: Readonly<Record<Task['status'], readonly [mark: string, colour: Format]>> = {
  waiting: ['·', 'dim'],
  running: ['❯', 'cyan'],
  retrying: ['⟳', 'yellow'],
  succeeded: ['✔', 'green'],
  restored: ['✔', 'blue'],
  skipped: ['↓', 'dim'],
  failed: ['✖', 'red'],
  cancelled: ['■', 'yellow'],
}

/** One line about a task, without a line break. `label` is what to call it, `now` (epoch ms) is for what still runs. */
export function drawTask(task: Task, label: string, style: Style, now?: number): string {
  const [mark, colour] = marks[task.status]
  const isQuiet = task.status === 'waiting' || task.status === 'skipped'
  const ms = task.durationMs ?? (isActive(task) ? elapsed(task, now) : undefined)
  const parts = [
    style(colour, mark),
    isQuiet ? style('dim', label) : label,
    task.items > 0 && style('dim', task.total === undefined ? `${task.items} done` : `${task.items} of ${task.total}`),
    task.note !== '' && style(colour === 'green' ? 'dim' : colour, task.note),
    ms !== undefined && !isQuiet && style('dim', time(ms)),
  ]
  return '  '.repeat(task.depth) + parts.filter((part) => part !== false).join(' ')
}

/** All tasks, a line each, nested; of the items of a map, and of what is inside them, only what needs a look. */
export function drawTasks(tasks: readonly Task[], style: Style, now: number, width: number): string[] {
  return tasks.flatMap((task) => [
    cliTruncate(drawTask(task, task.name, style, now), width),
    ...drawTasks(task.children.filter(isShown(task)), style, now, width),
  ])
}

/** `41ms`, `1.6s` */
export const time = (ms: number): string => prettyMs(ms < 1000 ? Math.round(ms) : ms)

const isShown = (parent: Task) => (child: Task) => {
  if (isActive(child) || child.status === 'failed') return true
  if (parent.kind === 'item' || child.kind === 'item') return false
  return child.status !== 'waiting' || parent.status === 'waiting' || isActive(parent)
}

const elapsed = ({ startedAt }: Task, now: number | undefined) =>
  startedAt === undefined || now === undefined ? undefined : now - startedAt
