import { messageOf } from '@pipe/core'
import { shown } from './differences.ts'
import { oneStep } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { result, stageOf } from './stage.ts'
import { watched } from './watched.ts'

/** Everything can be thrown. */
const THROWN: readonly unknown[] = [
  new Error('The step fails.'),
  'text',
  42,
  undefined,
  null,
  Symbol('thrown'),
  Object.freeze({}),
]

export const decidesAtOnce: Rule = {
  name: 'decides about any failure, at once, and in a way that the engine understands',
  async check(subject) {
    for (const thrown of THROWN) {
      const { plugin, seen } = watched(subject.make())
      const { clock, pipe, close } = stageOf(subject, [plugin])
      const failing = oneStep(subject.options, () => {
        throw thrown
      })
      await result(clock, pipe.start(failing))
      must(
        seen.thrown.length === 0,
        `asked about a step that threw ${shown(thrown)}, its policy throws: ${messageOf(seen.thrown[0])}`,
        'expect anything as `error`: what users throw need not be an Error',
      )
      for (const decision of seen.decisions) if (decision !== undefined) understand(decision)
      await close()
    }
  },
}

function understand(decision: unknown): void {
  const fields = Object.keys(Object(decision) as object).filter((field) => field !== 'overlap')
  must(
    fields.length === 1 && ['retryAt', 'output', 'error'].includes(fields[0]!),
    `its policy decides with ${decision instanceof Promise ? 'a promise' : shown(decision)}`,
    'answer with one of `{ retryAt }`, `{ output }`, `{ error }`, or with `undefined` to leave it to others; no promise',
  )
  const { retryAt = 0 } = decision as { readonly retryAt?: unknown }
  must(
    typeof retryAt === 'number' && !Number.isNaN(retryAt),
    `its policy decides for another attempt at ${shown(retryAt)}`,
    'give `retryAt` as epoch ms, as in `{ retryAt: ctx.now() + 1_000 }`',
  )
}
