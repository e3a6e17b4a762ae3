import { PipelineError, type StepOptions } from '@pipe/core'
import { expect } from 'vitest'
import type { PluginCheck, PluginSubject, Refusal } from '../plugin-check.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { outcome, result, stageOf } from './stage.ts'

export const acceptsItsOptions: PluginCheck = {
  name: 'accepts its step options on every kind of step',
  async run(subject) {
    const owned: readonly string[] = subject.make().stepOptions ?? []
    expect(Object.keys(subject.options).sort(), '`options` must have each of its `stepOptions`').toEqual(
      [...owned].sort(),
    )
    const { clock, pipe } = stageOf(subject, [subject.make()])
    const defined = everyKind(subject.options, works.promises)
    expect(await result(clock, pipe.start(defined)), 'a run with its options').toMatchObject({ status: 'succeeded' })
    await pipe.close()
  },
}

/** No option means this, so every plugin must refuse it. */
const NONSENSE = Symbol('nonsense')

export const refusesNonsense: PluginCheck = {
  name: 'refuses wrong options before anything starts, and says which and why',
  async run(subject) {
    const owned: readonly string[] = subject.make().stepOptions ?? []
    const generic = owned.map((option): Refusal => ({ options: { [option]: NONSENSE }, says: [option, 'nonsense'] }))
    for (const refusal of [...generic, ...subject.refuses]) await refuse(subject, refusal)
  },
}

async function refuse(subject: PluginSubject, { options, says }: Refusal): Promise<void> {
  const { clock, pipe } = stageOf(subject, [subject.make()])
  let started = false
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- a plugin adds fields to StepOptions
  const defined = oneStep(options as StepOptions, () => {
    started = true
  })
  const shown = Object.entries(options).map(([option, value]) => `${option}: ${shownAs(value)}`)
  const error: unknown = await outcome(clock, pipe.run(defined)).catch((thrown: unknown) => thrown)
  expect(error, `{ ${shown.join(', ')} } must be refused with a PipelineError`).toBeInstanceOf(PipelineError)
  const { code, message } = error as PipelineError
  expect(code, `the code of "${message}"`).toBe('OPTION_INVALID')
  for (const words of says) expect(message, 'the message').toContain(words)
  expect(started, 'the step must not start').toBe(false)
  await pipe.close()
}

const shownAs = (value: unknown) => (typeof value === 'symbol' ? String(value) : JSON.stringify(value))
