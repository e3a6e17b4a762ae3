import type { PipeEvent } from '@pipe/core'
import { drawTask } from './draw.ts'
import { styleOf } from './style.ts'
import type { TaskList } from './task-list.ts'

/**
 * Writes a line when something has happened to a task, for logs and pipes: no line is ever changed.
 *
 * @returns what to call with each event of the run
 */
export function plainView(stream: NodeJS.WritableStream, list: TaskList): (event: PipeEvent) => void {
  const style = styleOf(stream)
  return (event) => {
    const task = list.update(event)
    if (task === undefined) return
    const begins = event.type === 'step:start' && task.isParent
    const ends = event.type === 'step:end' || event.type === 'map:item'
    const isInside = task.kind === 'step' && task.id.includes(']/')
    const isWorthIt = event.type === 'step:retry' || event.type === 'step:undo' || task.status === 'failed'
    if (isWorthIt || ((begins || ends) && !isInside)) {
      stream.write(`${drawTask(task, task.id, style)}\n`)
    }
  }
}
