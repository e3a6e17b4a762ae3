import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { oneStep } from './pipelines.ts'
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

export const decidesAtOnce: PluginCheck = {
  name: 'decides about any failure, at once, and in a way that the engine understands',
  async run(subject) {
    for (const thrown of THROWN) {
      const { plugin, seen } = watched(subject.make())
      const { clock, pipe } = stageOf(subject, [plugin])
      const failing = oneStep(subject.options, () => {
        throw thrown
      })
      await result(clock, pipe.start(failing))
      expect(seen.thrown, `what a policy threw when asked about ${String(thrown)}`).toEqual([])
      for (const decision of seen.decisions) if (decision !== undefined) understand(decision)
      await pipe.close()
    }
  },
}

function understand(decision: unknown): void {
  expect(decision, 'a decision').toBeTypeOf('object')
  const fields = Object.keys(decision as object).filter((field) => field !== 'overlap')
  expect(fields, 'a decision must be one of { retryAt }, { output }, { error }').toHaveLength(1)
  expect(['retryAt', 'output', 'error'], 'the field of a decision').toContain(fields[0])
  if (fields[0] !== 'retryAt') return
  const { retryAt } = decision as { readonly retryAt: unknown }
  expect(
    typeof retryAt === 'number' && !Number.isNaN(retryAt),
    `\`retryAt\` must be epoch ms, not ${String(retryAt)}`,
  ).toBe(true)
}
