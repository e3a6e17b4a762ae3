import { pipeline, type Plugin } from '@pipe/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, type StateStore } from '../src/index.ts'
import { startProcess } from './support/process.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

const log: string[] = []
beforeEach(() => void log.splice(0))

/** What a policy decides about the first attempt of `call`. */
const decides = (decision: { readonly retryAt: number } | { readonly output: unknown }): Plugin => ({
  name: 'decides',
  policy: ({ id }) => (id === 'call' ? ({ attempt }) => (attempt === 1 ? decision : undefined) : undefined),
})

/** The payment of an order that is lost once, beside a step that fails when it is told to. */
function order(undoing: () => unknown) {
  let isLost = false
  const fails = Promise.withResolvers<string>()
  const payment = pipeline('payment', (p) => {
    const hold = p.step('hold', { run: () => log.push('hold'), undo: () => void log.push('undo hold') })
    const pay = p.step('pay', {
      after: [hold],
      run: () => log.push('pay'),
      undo: async () => {
        await undoing()
        log.push('undo pay')
      },
    })
    return p.step('ship', {
      after: [pay],
      run: () => (isLost ? 'shipped' : ((isLost = true), Promise.reject(new Error('lost')))),
    })
  })
  const side = vi.fn(() => fails.promise)
  const defined = pipeline('order', (p) => ({ call: p.call('call', payment), side: p.step('side', { run: side }) }))
  const fail = () => {
    fails.reject(new Error('side'))
    side.mockResolvedValue('side')
  }
  return { defined, fail, finish: () => fails.resolve('side') }
}

describe('an attempt of a call that is being taken back when its process is shut down', () => {
  test.each([
    ['and is tried again', { retryAt: 0 }, true, ['undo hold', 'hold', 'pay'], 'shipped'],
    ['and is settled with an output', { output: 'instead' }, true, ['undo hold'], 'instead'],
    ['alone', { retryAt: 0 }, false, ['undo hold', 'hold', 'pay'], 'shipped'],
  ])('is taken back by the next process: %s', async (_, decision, sideFails, rest, call) => {
    const store = memoryStore()
    const undoing = Promise.withResolvers<unknown>()
    const begins = vi.fn(() => undoing.promise)
    const { defined, fail, finish } = order(begins)
    const { pipe } = startProcess(store, {}, decides(decision))
    const { result } = pipe.start(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(begins).toHaveBeenCalled())
    if (sideFails) fail()
    await turn()
    const closed = pipe.close({ grace: 0 })
    finish()
    await turn()
    undoing.resolve(undefined)
    await Promise.all([result, closed])
    // It leaves off after the undo that was running.
    expect(log.splice(0)).toEqual(['hold', 'pay', 'undo pay'])
    const next = startProcess(store, {}, decides(decision)).pipe
    expect(await next.run(defined, undefined, { id: 'run-1' })).toEqual({ call, side: 'side' })
    expect(log).toEqual(rest)
  })
})

test('an attempt of a call is not taken back before it is recorded that it failed', async () => {
  const store = memoryStore()
  let isBroken = true
  const flaky: StateStore = {
    ...store,
    commit: async (id, fence, entries) => {
      if (!isBroken || !entries.some(({ key }) => key === 'a:call')) return await store.commit(id, fence, entries)
      isBroken = false
      throw new Error('ECONNRESET')
    },
  }
  const { defined, finish } = order(() => undefined)
  finish()
  const again = decides({ retryAt: 0 })
  const { error } = await startProcess(flaky, {}, again).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect(error?.code).toBe('STORE_UNAVAILABLE')
  expect(log.splice(0)).toEqual(['hold', 'pay'])
  // It is interrupted, and made again.
  const output = await startProcess(store, {}, again).pipe.run(defined, undefined, { id: 'run-1' })
  expect([output, log]).toEqual([{ call: 'shipped', side: 'side' }, []])
})
