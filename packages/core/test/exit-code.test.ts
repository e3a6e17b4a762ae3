import {
  createPipe,
  exitCodeOf,
  exitCodes,
  pipeline,
  PipelineError,
  type RunResult,
  serializeError,
  service,
  start,
} from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { numeric } from './support/schemas.ts'

const fail = (error: unknown) => () => {
  throw error
}
const failing = (error: unknown) => pipeline('failing', (p) => p.step('leaf', { run: fail(error) }))
const boom = new Error('boom')
const invalidReturn = pipeline('returns', (p) => p.step('leaf', { output: numeric, run: () => 'x' }))
const invalidInput = pipeline('reads', { input: numeric }, (p) => p.step('leaf', { run: () => 1 }))

describe('the exit code', () => {
  test('is 0 to 5', () => {
    expect(exitCodes).toEqual({
      ok: 0,
      missingRequirement: 1,
      stepThrew: 2,
      invalidReturn: 3,
      stepFailed: 4,
      undoFailed: 5,
    })
  })

  const leaves: readonly (readonly [what: string, code: number, result: () => Promise<RunResult>])[] = [
    ['a run that succeeded', 0, () => start(pipeline('p', () => ({}))).result],
    ['an input that is invalid', 1, () => start(invalidInput, 'x').result],
    ['a step that threw', 2, () => start(failing(boom)).result],
    ['a step that threw something that is not an error', 2, () => start(failing('boom')).result],
    ['a step that returned what it may not', 3, () => start(invalidReturn).result],
    ['a step that failed with a code', 4, () => start(failing(new PipelineError('TIMEOUT', 'late'))).result],
    ['a run that was cancelled', 4, () => start(failing(boom), undefined, { signal: AbortSignal.abort() }).result],
  ]
  test.each(leaves)('of %s is %d', async (_, code, result) => {
    expect(exitCodeOf(await result())).toBe(code)
  })

  test.each([
    ['done', 2],
    ['failed', 5],
  ])('of a step that threw, whose run was taken back with an undo that is %s, is %d', async (how, code) => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: how === 'failed' ? fail(boom) : () => undefined })
      return p.step('b', { needs: { a }, run: fail(boom) })
    })
    expect(exitCodeOf(await start(defined).result)).toBe(code)
  })

  test('of a service that is missing is 1', async () => {
    const Db = service<string>()('db')
    const needy = pipeline('needy', (p) => p.step('a', { uses: { db: Db }, run: () => 1 }))
    const error = await rejectionOf(createPipe().run(needy, undefined, {} as never))
    expect(exitCodeOf({ status: 'failed', error: serializeError(error) })).toBe(1)
  })

  const nested = [
    ['that threw', 2, failing(boom)],
    ['that returned what it may not', 3, invalidReturn],
    ['that reached a limit', 4, failing(new PipelineError('TIMEOUT', 'late'))],
  ] as const
  test.each(nested)('of a leaf %s is %d however deep it is', async (_, code, inner) => {
    const middle = pipeline('middle', (p) => p.call('inner', inner, { input: () => undefined }))
    const outer = pipeline('outer', (p) => ({
      group: p.group('g', { steps: { ok: () => 1 } }).ok,
      map: p.map('map', { over: () => [undefined], run: middle }),
    }))
    expect(exitCodeOf(await start(outer).result)).toBe(code)
  })

  test.each(nested)('of a pipeline %s is %d when a step ran it by itself', async (_, code, inner) => {
    const outer = pipeline('outer', (p) => p.step('inner', { run: () => start(inner).output }))
    expect(exitCodeOf(await start(outer).result)).toBe(code)
  })

  test('of a group is that of the member that failed', async () => {
    const grouped = pipeline('p', (p) => p.group('g', { steps: { ok: () => 1, bad: fail(boom) } }))
    expect(exitCodeOf(await start(grouped).result)).toBe(2)
  })

  test('of a fallback that was exhausted is 4', async () => {
    const exhausted = pipeline('p', (p) => p.fallback('f', { alternatives: { a: fail(boom), b: fail(boom) } }))
    expect(exitCodeOf(await start(exhausted).result)).toBe(4)
  })

  test('is the same after the result went through JSON', async () => {
    const result = await start(failing(boom)).result
    expect(exitCodeOf(JSON.parse(JSON.stringify(result)) as RunResult)).toBe(2)
  })
})
