import type { PipeEvent } from '@pipe/core'
import { createLogUpdate } from 'log-update'
import { drawTasks } from './draw.ts'
import { styleOf } from './style.ts'
import type { TaskList } from './task-list.ts'

/** A stream that leads to a screen. */
export interface Terminal extends NodeJS.WritableStream {
  readonly columns: number
  readonly rows: number
}

/** Milliseconds between two drawings. */
const PACE = 80

/**
 * Draws the tasks over and over in the same place of a terminal, until the run ends. The last drawing stays.
 *
 * @returns what to call with each event of the run
 */
export function liveView(stream: Terminal, list: TaskList): (event: PipeEvent) => void {
  const style = styleOf(stream)
  const show = createLogUpdate(stream)
  const draw = () => show(drawTasks(list.tasks, style, Date.now(), stream.columns).join('\n'))
  let timer: NodeJS.Timeout | undefined
  return (event) => {
    list.update(event)
    if (event.type === 'run:start') timer = setInterval(draw, PACE)
    if (event.type !== 'run:end') return
    clearInterval(timer)
    draw()
    show.done()
  }
}
