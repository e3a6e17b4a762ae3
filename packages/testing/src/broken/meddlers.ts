import { answersUndefined, changesNothing, letsUndo, passesOn } from '../checks/pass-through.ts'
import { PipelineError, type UndoMiddleware } from '@pipe/core'
import type { BrokenPlugin } from './broken-plugin.ts'
import { asksForIt } from './option.ts'
import { onAttempts, plugin } from './plugin.ts'

const swallow: UndoMiddleware = async (_, next) => {
  try {
    await next()
  } catch {
    // nobody hears of it
  }
}

export const meddlers: readonly BrokenPlugin[] = [
  {
    does: 'wraps steps that do not ask for it',
    make: () =>
      plugin({
        attempt: (step) => {
          asksForIt(step)
          return (_, next) => next()
        },
      }),
    check: answersUndefined,
    says: /`attempt` of a step without options/,
  },
  {
    does: 'changes the output of every run',
    make: () => plugin({ run: async (_, next) => ({ wrapped: await next() }) }),
    check: changesNothing,
    says: /a run without its options/,
  },
  {
    does: 'copies outputs',
    make: () => onAttempts(async (_, next) => structuredClone(await next())),
    check: passesOn,
    says: /the output of a step with its options/,
  },
  {
    does: 'throws errors of its own in place of those of the steps',
    make: () =>
      plugin({
        run: async (_, next) => {
          try {
            return await next()
          } catch (error) {
            const { message, step } = error as PipelineError
            throw new PipelineError('STEP_FAILED', message, { step, cause: new Error('The step fails.') })
          }
        },
      }),
    check: passesOn,
    says: /the cause of the failure/,
  },
  {
    does: 'answers in place of undos',
    make: () => plugin({ undo: (step) => (asksForIt(step) ? () => undefined : undefined) }),
    check: letsUndo,
    says: /calls of the undo/,
  },
  {
    does: 'swallows what undos throw',
    make: () => plugin({ undo: (step) => (asksForIt(step) ? swallow : undefined) }),
    check: letsUndo,
    says: /what became of that undo/,
  },
]
