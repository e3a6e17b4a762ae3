import { PipelineError } from '../errors.ts'
import type { Task } from './task.ts'

/** The answer of a predicate of a step. Throws `OUTPUT_INVALID` for what is not a boolean: a promise would be true. */
export function asBoolean(answer: unknown, predicate: string, task: Task): boolean {
  if (typeof answer === 'boolean') return answer
  const { stepId: step, pipeline } = task
  const message = `\`${predicate}\` of step "${step}" must return a boolean, got ${typeof answer}.`
  throw new PipelineError('OUTPUT_INVALID', message, { pipeline, step })
}

/** Whether the condition of a task holds. Throws what the condition throws. */
export function holds(task: Task): boolean {
  const { when } = task.node
  return when === null || asBoolean(when(task.argument), 'when', task)
}
