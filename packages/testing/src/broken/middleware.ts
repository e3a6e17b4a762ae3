import type { MiddlewareContext } from '@pipe/core'
import { handsOnContext, isNeverLate, standsAgain, standsAnywhere } from '../checks/middleware.ts'
import { turn } from '../turn.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { asksForIt } from './option.ts'
import { onAttempts, plugin } from './plugin.ts'

export const middleware: readonly BrokenPlugin[] = [
  {
    does: 'copies the context, and loses what is computed on demand',
    make: () => onAttempts((ctx, next) => next({ ...ctx, signal: ctx.signal })),
    rule: handsOnContext,
    says: /a context whose `runId`.* is not that of the step/,
  },
  {
    does: 'fails when it is called again',
    make: () => {
      const seen = new Set<string>()
      return onAttempts(({ idempotencyKey, attempt }, next) => {
        const key = `${idempotencyKey}:${attempt}`
        if (seen.has(key)) throw new Error('It was called before.')
        seen.add(key)
        return next()
      })
    },
    rule: standsAgain,
    says: /calls `next` twice is failed: .*It was called before/,
  },
  {
    does: 'calls `next` again after it has answered',
    make: () =>
      onAttempts(async (_, next) => {
        const output = await next()
        void turn()
          .then(() => next())
          .catch(() => undefined)
        return output
      }),
    rule: isNeverLate,
    says: /calls `next` \d time\(s\) after it has answered/,
  },
  {
    does: 'takes the context of a step for that of its attempt',
    make: () => {
      const started = new WeakSet<MiddlewareContext>()
      return plugin({
        step: (step) => {
          if (!asksForIt(step)) return undefined
          return (ctx, next) => {
            started.add(ctx)
            return next()
          }
        },
        attempt: (step) => {
          if (!asksForIt(step)) return undefined
          return (ctx, next) => {
            if (ctx.attempt === 1 && !started.has(ctx)) throw new Error('Which step is this?')
            return next()
          }
        },
      })
    },
    rule: standsAnywhere,
    says: /with the plugins broken, one, two, ends differently/,
  },
]
