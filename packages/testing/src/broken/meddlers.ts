import { isSkip, messageOf, PipelineError, type UndoMiddleware } from '@pipe/core'
import { answersUndefined, changesNothing, letsUndo, passesOn, staysSkipped } from '../checks/pass-through.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { asksForIt } from './option.ts'
import { onAttempts, onFailures, onSteps, plugin } from './plugin.ts'

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
    rule: answersUndefined,
    says: /`attempt` answers for a step that has none/,
  },
  {
    does: 'changes the output of every run',
    make: () => plugin({ run: async (_, next) => ({ wrapped: await next() }) }),
    rule: changesNothing,
    says: /ends differently than without the plugin: `output.step` is missing/,
  },
  {
    does: 'copies outputs',
    make: () => onAttempts(async (_, next) => structuredClone(await next())),
    rule: passesOn,
    says: /and the run with a copy of it/,
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
    rule: passesOn,
    says: /a step without its options throws an error, and that is not among the causes/,
  },
  {
    does: 'loses what its steps threw',
    make: () => onFailures(({ error }) => ({ error: new Error(`It failed: ${messageOf(error)}`) })),
    rule: passesOn,
    says: /a step with its options throws an error, and that is not among the causes/,
  },
  {
    does: 'takes a skipped step for one without an output',
    make: () =>
      onSteps(async (_, next) => {
        const answer = await next()
        return isSkip(answer) ? undefined : answer
      }),
    rule: staysSkipped,
    says: /in the run, a step with its options and the condition `\(\) => false` is restored, with the output undefined/,
  },
  {
    does: 'answers in place of undos',
    make: () => plugin({ undo: (step) => (asksForIt(step) ? () => undefined : undefined) }),
    rule: letsUndo,
    says: /its undo was called 0 times/,
  },
  {
    does: 'swallows what undos throw',
    make: () => plugin({ undo: (step) => (asksForIt(step) ? swallow : undefined) }),
    rule: letsUndo,
    says: /throws, and the result says 'done' of it/,
  },
]
