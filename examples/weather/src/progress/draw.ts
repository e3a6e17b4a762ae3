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

/** One line about a task, without a line break. `label` is what to call it. */
export function drawTask(task: Task, label: string, style: Style, now: number): string {
  const [mark, colour] = marks[task.status]
  const quiet = task.status === 'waiting' || task.status === 'skipped'
  const parts = [style(colour, mark), quiet ? style('dim', label) : label]
  if (task.items > 0) parts.push(style('dim', `${task.items} done`))
  if (task.note !== '') parts.push(style(colour === 'green' ? 'dim' : colour, firstLine(task.note)))
  const ms = task.durationMs ?? (isActive(task) && task.startedAt !== undefined ? now - task.startedAt : undefined)
  if (ms !== undefined && !quiet) parts.push(style('dim', time(ms)))
  return '  '.repeat(task.depth) + parts.join(' ')
}

/** All tasks, a line each, nested. Of the items of a map, and of what is inside them, only what needs a look. */
export function drawTasks(tasks: readonly Task[], style: Style, now: number, width: number): string[] {
  return tasks.flatMap((task) => {
    const shown = task.children.filter((child) =>
      child.kind === 'step' && task.kind === 'step' ? true : isNotable(child),
    )
    return [cliTruncate(drawTask(task, task.name, style, now), width), ...drawTasks(shown, style, now, width)]
  })
}

/** `41 ms`, `1.6 s` */
export const time = (ms: number): string => prettyMs(ms < 1000 ? Math.round(ms) : ms, { secondsDecimalDigits: 1 })

const isNotable = (task: Task) => isActive(task) || task.status === 'failed'

const firstLine = (text: string) => text.split('\n', 1).join('')
