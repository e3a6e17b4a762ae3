import { createPipe, derive, pipeline, type Plugin, start, type StepInfo, type UndoMiddleware } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

/** A pipe whose plugins wrap every undo, the first one outermost. */
const around = (...layers: readonly UndoMiddleware[]) =>
  createPipe({ plugins: layers.map((layer, i): Plugin => ({ name: `plugin${i}`, undo: () => layer })) })

const boom = new Error('boom')
const undo = vi.fn((output: string, ctx: { readonly stepId: string }): unknown => [output, ctx.stepId])

/** A step that is undone, and one that fails after it. */
const fails = pipeline('p', (p) => {
  const a = p.step('a', { run: () => 'output of a', undo })
  return p.step('b', { needs: { a }, run: () => Promise.reject(boom) })
})

describe('an undo middleware', () => {
  test('wraps the undo; the first plugin is the outermost', async () => {
    const log: string[] = []
    const layer =
      (name: string): UndoMiddleware =>
      async (_, next) => {
        log.push(`${name}>`)
        await next()
        log.push(`<${name}`)
      }
    undo.mockImplementationOnce(async () => {
      await turn()
      log.push('undo')
    })
    const { steps } = await around(layer('a'), layer('b')).start(fails).result
    expect(log).toEqual(['a>', 'b>', 'undo', '<b', '<a'])
    expect(steps['a']).toMatchObject({ status: 'succeeded', undo: 'done' })
  })

  test('gets the context of the undo, and may hand on another', async () => {
    const layer = vi.fn<UndoMiddleware>((ctx, next) => next(derive(ctx, { idempotencyKey: 'derived' })))
    await rejectionOf(around(layer).run(fails, undefined, { id: 'run-1' }))
    const { runId, pipeline, stepId, signal } = layer.mock.calls[0]![0]
    expect({ runId, pipeline, stepId, aborted: signal.aborted }).toEqual({
      runId: 'run-1',
      pipeline: 'p',
      stepId: 'a',
      aborted: false,
    })
    expect(undo).toHaveBeenLastCalledWith('output of a', expect.objectContaining({ idempotencyKey: 'derived' }))
  })

  test('is called for each item that is undone, and for steps of inner pipelines', async () => {
    const seen: string[] = []
    const inner = pipeline('inner', (p) => p.step('deep', { run: () => 1, undo: () => undefined }))
    const defined = pipeline('p', (p) => {
      const items = p.map('m', {
        over: () => ['x', 'y'],
        key: (item) => item,
        run: (item) => item,
        undo: () => undefined,
      })
      const call = p.call('c', inner, { input: () => undefined, needs: { items } })
      return p.step('b', { needs: { call }, run: () => Promise.reject(boom) })
    })
    await rejectionOf(around(({ stepId }, next) => (seen.push(stepId), next())).run(defined))
    expect(seen).toEqual(['c/deep', 'm[y]', 'm[x]'])
  })

  test('is asked for only where there is an undo', async () => {
    const asked = vi.fn<(step: StepInfo) => undefined>()
    const defined = pipeline('p', (p) => {
      const items = p.map('m', { over: () => [1], run: () => 1, undo: () => undefined })
      const step = p.step('s', { run: () => 1, undo: () => undefined })
      return p.step('plain', { needs: { items, step }, run: () => 1 })
    })
    await createPipe({ plugins: [{ name: 'asked', undo: asked }] }).run(defined)
    expect(asked.mock.calls.map(([{ id, kind }]) => [id, kind])).toEqual([
      ['m', 'item'],
      ['s', 'step'],
    ])
  })

  test('fails the undo with what it throws', async () => {
    const layer: UndoMiddleware = async (_, next) => {
      await next()
      throw new Error('not written down')
    }
    const { steps } = await around(layer).start(fails).result
    expect(steps['a']).toMatchObject({ status: 'succeeded', undo: { message: 'not written down' } })
  })

  test('may rescue an undo that fails', async () => {
    undo.mockRejectedValueOnce(boom)
    const layer: UndoMiddleware = async (_, next) => Promise.resolve(next()).catch(() => undefined)
    const { steps } = await around(layer).start(fails).result
    expect(steps['a']).toMatchObject({ undo: 'done' })
  })

  test('may try again, and answer in its place', async () => {
    undo.mockClear().mockRejectedValueOnce(boom)
    const again: UndoMiddleware = (_, next) => Promise.resolve(next()).catch(() => next())
    expect((await around(again).start(fails).result).steps['a']).toMatchObject({ undo: 'done' })
    expect(undo).toHaveBeenCalledTimes(2)
    expect((await around(() => undefined).start(fails).result).steps['a']).toMatchObject({ undo: 'done' })
    expect(undo).toHaveBeenCalledTimes(2)
  })

  test('cannot undo once it has answered', async () => {
    undo.mockClear()
    let late = (): unknown => undefined
    await around((_, next) => void (late = next)).start(fails).result
    expect(late).toThrow(expect.objectContaining({ code: 'NEXT_AFTER_SETTLE', step: 'a' }))
    expect(undo).not.toHaveBeenCalled()
  })

  test('is not needed: without a plugin the undo is called as it is', async () => {
    undo.mockClear()
    await start(fails).result
    expect(undo).toHaveBeenCalledTimes(1)
  })
})
