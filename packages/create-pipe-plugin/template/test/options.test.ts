import { createPipe, pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { slowStep, type SlowStepOptions } from '../src/index.ts'

const refusal = (defaults: unknown): unknown => {
  try {
    slowStep(defaults as SlowStepOptions)
  } catch (error) {
    return error
  }
  return undefined
}

describe.each([
  ['after', 0, "above 0, at most '24d'; got 0"],
  ['after', '25d', "above 0, at most '24d'; got '25d'"],
  ['after', 'soon', "above 0, at most '24d'; got 'soon'"],
  ['after', null, "above 0, at most '24d'; got null"],
  ['before', {}, 'left out: the options are after; got this object'],
])('`%s: %o`', (field, value, expected) => {
  test('is refused as a default', () => {
    const message = `\`${field}\` of slowStep() must be ${expected}.`
    expect(refusal({ [field]: value })).toMatchObject({ code: 'OPTION_INVALID', plugin: 'slow-step', message })
  })

  test('is refused in a step before anything starts', async () => {
    let calls = 0
    const count = () => ++calls
    const wrong = pipeline('wrong', (p) => ({
      first: p.step('first', { run: count }),
      second: p.step('second', { slowStep: { [field]: value }, run: count }),
    }))
    const running = createPipe({ plugins: [slowStep()] }).run(wrong)
    const message = `\`slowStep.${field}\` of step "second" of pipeline "wrong" must be ${expected}.`
    await expect(running).rejects.toMatchObject({ code: 'OPTION_INVALID', pipeline: 'wrong', step: 'second', message })
    expect(calls).toBe(0)
  })
})

test.each([null, '2s', 3])('slowStep(%o) is refused', (defaults) => {
  const message = expect.stringContaining('`options` of slowStep() must be an object') as unknown
  expect(refusal(defaults)).toMatchObject({ code: 'OPTION_INVALID', message })
})
