import type { Look } from './look.ts'
import { isActive, type ItemCounts, type Task } from './task.ts'
import { count, time } from './words.ts'

/** What a line says of a task. */
type Said = Pick<Task, 'status' | 'optional' | 'kind' | 'note' | 'items' | 'durationMs'> &
  Partial<Pick<Task, 'startedAt' | 'children'>>

/**
 * One line about a task, without a line break and as long as it gets.
 *
 * @param label what to call it
 * @param now epoch ms, for what still runs
 */
export function taskLine(task: Said, label: string, look: Look, now?: number): string {
  const colour = look.colourOf(task)
  const isQuiet = task.status === 'waiting' || task.status === 'skipped'
  const dim = (text: string) => text !== '' && look.paint('dim', text)
  const parts = [
    look.paint(colour, look.mark(task.status)),
    isQuiet ? dim(label) : label,
    dim(roundsOf(task)),
    task.items !== undefined && dim(countsOf(task.items)),
    task.items !== undefined && task.items.failed > 0 && look.paint('red', `${count(task.items.failed)} failed`),
    task.note !== '' && look.paint(colour === 'green' ? 'dim' : colour, task.note),
    task.status === 'failed' && task.optional && dim('optional'),
    !isQuiet && dim(durationOf(task, now)),
  ]
  return parts.filter((part) => part !== false).join(' ')
}

const countsOf = ({ done, total }: ItemCounts) =>
  total === undefined ? `${count(done)} done` : `${count(done)} of ${count(total)}`

function roundsOf({ kind, children = new Set() }: Said): string {
  const [round] = kind === 'loop' ? children : []
  return round === undefined ? '' : `round ${count(Number(round.name) + 1)}`
}

function durationOf(task: Said, now: number | undefined): string {
  if (task.durationMs !== undefined) return time(task.durationMs)
  return isActive(task) && task.startedAt !== undefined && now !== undefined ? time(now - task.startedAt) : ''
}
