import type { Completion } from '../thenable.ts'
import { PipelineError } from '../errors.ts'
import { asBoolean } from './answers.ts'
import type { Task } from './task.ts'

/** Runs a pipeline again and again, each time with the state that the last one left, until it is good enough. */
export function loop(
  task: Task,
  path: string,
  input: unknown,
  run: (state: unknown, path: string, completion: Completion) => void,
  { resolve, reject }: Completion,
): void {
  const { limit, code } = task.node.graph
  let state = input
  let iterations = 0
  let running = false
  let next = true
  const ended = (output: unknown) => {
    state = output
    iterations++
    try {
      next = !asBoolean(code.until?.(state as never, iterations as never), 'until', task)
      if (next && iterations === limit) throw limitReached(task, path, limit)
    } catch (error) {
      next = false
      reject(error)
      return
    }
    if (next) iterate()
    else resolve(state)
  }
  const iterate = () => {
    if (running) return // an iteration that ends at once is found by the loop below: no recursion
    running = true
    while (next) {
      next = false
      run(state, `${path}[${iterations}]`, { resolve: ended, reject })
    }
    running = false
  }
  iterate()
}

function limitReached({ pipeline }: Task, step: string, limit: number): PipelineError {
  return new PipelineError('LOOP_LIMIT', `Loop "${step}" ran ${limit} times and is not done.`, { pipeline, step })
}
