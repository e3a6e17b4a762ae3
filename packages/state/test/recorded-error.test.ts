import { deserializeError, pipeline, PipelineError, serializeError } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { memoryStore, runsIn } from '../src/index.ts'
import { recordedError } from '../src/recorded-error.ts'
import { agingStore, startProcess } from './support/process.ts'

const MiB = 1024 * 1024
const huge = 'x'.repeat(5 * MiB)
const never = () => new Promise<never>(() => undefined)
const bytesOf = (data: unknown) => Buffer.byteLength(JSON.stringify(data))

describe('an error is recorded', () => {
  test('as it is, when it is not too large', () => {
    const error = new PipelineError('STEP_FAILED', 'oh', { step: 'a', cause: new TypeError('no', { cause: { n: 1 } }) })
    expect(recordedError(error, 4 * MiB)).toEqual(serializeError(error))
  })

  test.each<readonly [string, unknown]>([
    ['a message', new Error(huge)],
    ['a field', Object.assign(new Error('small'), { response: huge })],
    [
      'many fields',
      Object.assign(new Error('small'), Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, i]))),
    ],
    ['what was thrown', huge],
    [
      'a field with much in it',
      Object.assign(new Error('small'), { rows: Array.from({ length: 50_000 }, (_, i) => i) }),
    ],
    ['many errors', new AggregateError(Array.from({ length: 1_000 }, (_, i) => new Error(`error ${i}`)))],
    ['its causes', [1, 2, 3, 4, 5].reduce((cause, n) => new Error(`${n}${huge}`, { cause }), new Error('first'))],
    ['what takes more bytes than characters', new Error('\u0000中'.repeat(50_000))],
  ])('cut, when %s would be too large', (_, error) => {
    expect(bytesOf(recordedError(error, 4 * MiB))).toBeLessThanOrEqual(64 * 1024)
    expect(bytesOf(recordedError(error, 1_024))).toBeLessThanOrEqual(512)
    expect(() => deserializeError(recordedError(error, 1_024))).not.toThrow()
  })

  test('cut where it says so; what tells errors apart is whole', () => {
    const cause = Object.assign(new RangeError('😀'.repeat(100_000)), {
      rows: Array(100_000).fill('row') as string[],
    })
    const data = recordedError(
      new PipelineError('STEP_FAILED', `Failed: ${huge}`, { pipeline: 'p', step: 'a', cause }),
      MiB,
    )
    expect(data).toMatchObject({ name: 'PipelineError', code: 'STEP_FAILED', pipeline: 'p', step: 'a' })
    expect(data.message).toMatch(/^Failed: x{1000,}…$/)
    expect(data.stack).toMatch(/…$/)
    expect(data.cause?.name).toBe('RangeError')
    expect(data.cause?.message).toMatch(/^(😀){500,}…$/u)
    expect(data.cause?.['rows']).toMatch(/^\["row","row",.*…$/)
  })
})

describe('a run that ends with an error too large to record', () => {
  const fails = (undo: () => void) =>
    pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      return p.step('b', { needs: { a }, run: () => Promise.reject(new Error(huge)) })
    })

  test('is undone, and ends', async () => {
    const undo = vi.fn()
    const store = memoryStore()
    const result = await startProcess(store).pipe.start(fails(undo), undefined, { id: 'run-1' }).result
    expect(result).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED' }, steps: { a: { undo: 'done' } } })
    expect(undo).toHaveBeenCalledTimes(1)
    expect(await store.get('run-1')).toMatchObject({ status: 'failed' })
    expect((await runsIn(store).get('run-1'))?.error).toMatchObject({ code: 'STEP_FAILED', step: 'b' })
  })

  test('and one that failed without failing the run has failed for good', async () => {
    const { store, age } = agingStore()
    const optional = vi.fn<() => string>().mockImplementationOnce(() => {
      throw new Error(huge)
    })
    const last = vi
      .fn<(seen: unknown) => unknown>()
      .mockImplementationOnce(never)
      .mockImplementationOnce((seen) => seen)
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { optional: true, run: optional })
      return p.step('b', { needs: { a }, run: ({ a }) => last(a) ?? 'nothing' })
    })
    const first = startProcess(store)
    void first.pipe.run(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(last).toHaveBeenCalledTimes(1))
    first.kill()
    age(31_000)
    expect(await startProcess(store).pipe.run(defined, undefined, { id: 'run-1' })).toBe('nothing')
    expect(optional).toHaveBeenCalledTimes(1)
  })
})
