import { pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'

const choose = pipeline('p', { input: type<readonly string[]>() }, (p) => {
  const handle = (id: string) => p.step(id, { when: ({ input }) => input.includes(id), run: async () => id })
  const chosen = p.select('chosen', [handle('a'), handle('b'), handle('c')])
  return p.step('next', { needs: { chosen }, run: ({ chosen }) => chosen ?? 'none' })
})

describe('a select', () => {
  test.each([
    [['a', 'b', 'c'], 'a'],
    [['b', 'c'], 'b'],
    [['c'], 'c'],
  ])('of %j answers with the first that was not skipped', async (taken, chosen) => {
    expect(await run(choose, taken)).toBe(chosen)
  })

  test('is skipped when all were skipped: dependants run, and see undefined', async () => {
    const { output, steps } = await start(choose, []).result
    expect(output).toBe('none')
    expect(steps['chosen']).toEqual({ status: 'skipped', reason: 'nothing-to-select', attempts: 0 })
  })

  test('passes over optional steps that failed', async () => {
    const defined = pipeline('p', (p) => {
      const bad = p.step('bad', { optional: true, run: () => Promise.reject<string>(new Error('boom')) })
      return p.select('chosen', [bad, p.step('good', { run: () => 'good' })])
    })
    expect(await run(defined)).toBe('good')
  })

  test('answers with an output that is undefined', async () => {
    const defined = pipeline('p', (p) =>
      p.select('chosen', [p.step('a', { run: () => undefined }), p.step('b', { run: () => 'b' })]),
    )
    expect(await run(defined)).toBeUndefined()
  })

  test('may fall back to the input', async () => {
    const defined = pipeline('p', { input: type<string>() }, (p, input) =>
      p.select('chosen', [p.step('a', { when: () => false, run: () => 'a' }), input]),
    )
    expect(await run(defined, 'given')).toBe('given')
  })

  test('is skipped when a step before it failed', async () => {
    const defined = pipeline('p', (p) => {
      const bad = p.step('bad', { run: () => Promise.reject<string>(new Error('boom')) })
      return p.select('chosen', [bad, p.step('good', { run: () => 'good' })])
    })
    const { steps } = await start(defined, undefined, { failure: 'continue' }).result
    expect(steps['chosen']).toMatchObject({ status: 'skipped', reason: 'upstream-failed' })
  })
})
