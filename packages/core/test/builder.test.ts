import { pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { thrownBy } from './support/errors.ts'
import { define, type UntypedSteps } from './support/untyped.ts'

const run = () => undefined
const over = () => []
const inner = pipeline('inner', (p) => p.step('a', { run }))

describe('what a step must have', () => {
  const missing: readonly (readonly [what: string, declare: (p: UntypedSteps) => unknown])[] = [
    ['`run` of a step', (p) => p.step('a', {})],
    ['`run` of a step, when a function is given in place of the specification', (p) => p.step('a', run)],
    ['`run` of a map', (p) => p.map('a', { over })],
    ['`over` of a map', (p) => p.map('a', { run })],
    ['`input` of a loop', (p) => p.loop('a', inner, { until: run, max: 1 })],
    ['`until` of a loop', (p) => p.loop('a', inner, { input: run, max: 1 })],
    ['the pipeline of a call', (p) => p.call('a', undefined, { input: run })],
    ['the pipeline of a loop', (p) => p.loop('a', {}, { input: run, until: run, max: 1 })],
    ['handles of a select', (p) => p.select('a', [])],
    ['an array of handles of a select', (p) => p.select('a', { b: p.step('b', { run }) })],
    ['alternatives of a fallback', (p) => p.fallback('a', {})],
    ['at least one alternative of a fallback', (p) => p.fallback('a', { alternatives: {} })],
    ['steps of a group', (p) => p.group('a', {})],
    ['a specification of a step', (p) => p.step('a')],
    ['a specification of a map', (p) => p.map('a', null)],
    ['a specification of a loop', (p) => p.loop('a', inner)],
    ['a specification of a fallback', (p) => p.fallback('a')],
    ['a specification of a group', (p) => p.group('a')],
  ]
  test.each(missing)('is asked for: %s', (_, declare) => {
    const error = thrownBy(() => define(declare))
    expect(error.message).toContain('"a"')
    expect(error).toMatchObject({ code: expect.stringMatching(/^(DEFINITION|OPTION)_INVALID$/) as string, step: 'a' })
  })

  test.each([
    ['an alternative', (p: UntypedSteps) => p.fallback('f', { alternatives: { a: 1 } }), 'f/a'],
    ['`run` of an alternative', (p: UntypedSteps) => p.fallback('f', { alternatives: { a: {} } }), 'f/a'],
    ['a step of a group', (p: UntypedSteps) => p.group('g', { steps: { a: null } }), 'g/a'],
    ['`run` of a step of a group', (p: UntypedSteps) => p.group('g', { steps: { a: {} } }), 'g/a'],
  ])('is asked for: %s', (_, declare, step) => {
    expect(thrownBy(() => define(declare))).toMatchObject({ code: 'DEFINITION_INVALID', step, pipeline: 'orders' })
  })
})

describe('what a step may have', () => {
  const wrong: readonly (readonly [message: RegExp, spec: object])[] = [
    [/`run` must be a function, got string/, { run: 'now' }],
    [/`run` must be a function, got null/, { run: null }],
    [/`when` must be a function, got boolean/, { run, when: true }],
    [/`undo` must be a function, got object/, { run, undo: {} }],
    [/`needs` must be a record or an array of handles/, { run, needs: 1 }],
    [/`after` must be an array of handles/, { run, after: 1 }],
    [/`needs` holds something that is not a handle: b/, { run, needs: { b: 'b' } }],
    [/`needs` holds something that is not a handle: undefined/, { run, needs: { b: undefined } }],
    [/`needs` holds something that is not a handle/, { run, needs: { b: Object.create(null) as object } }],
    [/`after` holds something that is not a handle: b/, { run, after: ['b'] }],
    [/`uses` must be a record of services/, { run, uses: 'db' }],
    [/`uses\.db` is not a service/, { run, uses: { db: 'db' } }],
    [/`uses\.db` is not a service/, { run, uses: { db: { id: 7 } } }],
    [/`output` must be a Standard Schema/, { run, output: 'string' }],
    [/`output` must be a Standard Schema/, { run, output: {} }],
  ]
  test.each(wrong)('is checked: %s', (message, spec) => {
    const error = thrownBy(() => define((p) => p.step('a', spec)))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', step: 'a', pipeline: 'orders' })
    expect(error.message).toMatch(message)
    expect(error.message).toContain('step "a" of pipeline "orders"')
  })

  test('is checked: a key that is not a function', () => {
    const error = thrownBy(() => define((p) => p.map('a', { over, run, key: 'id' })))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', step: 'a' })
    expect(error.message).toMatch(/`key` must be a function, got string/)
  })

  test.each([0, -1, 1.5, NaN, '4'])('is checked: a concurrency of %o is out of range', (concurrency) => {
    const declare = () => define((p) => p.map('a', { over, run, concurrency }))
    const error = thrownBy(declare)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', step: 'a', pipeline: 'orders' })
    expect(error.message).toContain(`\`concurrency\` must be a whole number from 1 up, got ${concurrency}`)
  })

  test.each([0, -1, 1.5, NaN, Infinity, '4', undefined])('is checked: a max of %o is out of range', (max) => {
    const error = thrownBy(() => define((p) => p.loop('a', inner, { input: run, until: run, max })))
    expect(error).toMatchObject({ code: 'OPTION_INVALID', step: 'a', pipeline: 'orders' })
    expect(error.message).toContain(`\`max\` must be a whole number from 1 up, got ${max}`)
  })

  test.each(['optional', 'optionalItems'])('is checked: %s is neither true nor false', (key) => {
    const error = thrownBy(() => define((p) => p.map('a', { over, run, [key]: 'yes' })))
    expect(error).toMatchObject({ code: 'OPTION_INVALID', step: 'a', pipeline: 'orders' })
    expect(error.message).toContain(`\`${key}\` must be true or false, got yes`)
  })

  test.each([2, '', null])('is checked: a version of %o', (version) => {
    const error = thrownBy(() => define((p) => p.step('a', { run, version })))
    expect(error).toMatchObject({ code: 'OPTION_INVALID', step: 'a', pipeline: 'orders' })
    expect(error.message).toContain(`\`version\` must be a non-empty string, got ${version}`)
  })

  test('is left alone where it is undefined', () => {
    const absent = { when: undefined, undo: undefined, needs: undefined, after: undefined, uses: undefined }
    expect(() => define((p) => p.step('a', { run, ...absent, retry: undefined }))).not.toThrow()
  })
})
