import { createPipe, defineStep, type Hooks, type hookNames, pipeline, service } from '@pipe/core'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { recordHooks, recordingLogger, stepContext } from '../src/index.ts'

const doubles = pipeline('p', (p) =>
  p.map('m', {
    over: () => [1, 2],
    run: (n, { progress }) => {
      progress(n)
      return n * 2
    },
  }),
)

describe('recordHooks', () => {
  test('keeps what a pipe tells, in order', async () => {
    const pipe = createPipe()
    const hooks = recordHooks(pipe)
    await pipe.run(doubles)
    expect(hooks.events.map(({ type }) => type)).toEqual([
      'run:start',
      'step:start',
      'step:progress',
      'map:item',
      'step:progress',
      'map:item',
      'step:end',
      'run:end',
    ])
    expect(hooks.of('map:item').map(({ key, output }) => [key, output])).toEqual([
      ['0', 2],
      ['1', 4],
    ])
  })

  test('knows every event of core', () => {
    expectTypeOf<(typeof hookNames)[number]>().toEqualTypeOf<keyof Hooks>()
  })

  test('keeps only what one run tells when given a run', async () => {
    const pipe = createPipe()
    const run = pipe.start(doubles)
    const hooks = recordHooks(run)
    await Promise.all([run.result, pipe.run(doubles)])
    expect(hooks.of('run:end').map(({ runId }) => runId)).toEqual([run.id])
  })

  test('stops when told to', async () => {
    const pipe = createPipe()
    const hooks = recordHooks(pipe)
    hooks.stop()
    await pipe.run(doubles)
    expect(hooks.events).toEqual([])
    expect(pipe.events.eventNames()).toEqual([])
  })
})

test('recordingLogger keeps its lines', () => {
  const log = recordingLogger()
  log.info({ user: 1 }, 'hello')
  log.error({ code: 'X' })
  expect(log.lines).toEqual([
    { level: 'info', fields: { user: 1 }, message: 'hello' },
    { level: 'error', fields: { code: 'X' } },
  ])
})

describe('stepContext', () => {
  interface Bank {
    charge(amount: number): Promise<string>
  }
  const Bank = service<Bank>()('bank')
  const charge = defineStep({
    uses: { bank: Bank },
    run: ({ amount }: { amount: number }, { use, log, attempt }) => {
      log.info({ attempt }, 'charging')
      return use.bank.charge(amount)
    },
  })

  test('calls a standalone step, with its services', async () => {
    const bank = { charge: vi.fn(async (amount: number) => `receipt of ${amount}`) }
    const log = recordingLogger()
    expect(await charge.run({ amount: 5 }, stepContext({ use: { bank }, log, attempt: 2 }))).toBe('receipt of 5')
    expect(log.lines).toEqual([{ level: 'info', fields: { attempt: 2 }, message: 'charging' }])
  })

  test('does not compile without the services that the step uses', () => {
    // @ts-expect-error -- there is no bank
    const forgetful = () => charge.run({ amount: 5 }, stepContext({ use: {} }))
    expect(forgetful).toThrow(TypeError)
  })

  test('has a plain value for everything', () => {
    const ctx = stepContext({ stepId: 'orders[7]' })
    expect(ctx).toMatchObject({ runId: 'run', pipeline: 'test', attempt: 1, context: {}, use: {} })
    expect(ctx).toMatchObject({ key: undefined, idempotencyKey: 'run:orders[7]' })
    expect([ctx.now(), ctx.random(), ctx.signal.aborted]).toEqual([Date.UTC(2026, 0, 1), 0.5, false])
    ctx.progress(1)
    ctx.log.debug({})
    expectTypeOf(ctx.attempt).toEqualTypeOf<number>()
  })

  test('is that of an item when there is a key', () => {
    expect(stepContext({ key: '7' })).toMatchObject({ key: '7', stepId: 'step[7]', idempotencyKey: 'run:step[7]' })
    expect(stepContext({ key: '7', stepId: 'orders[7]' })).toMatchObject({ stepId: 'orders[7]' })
  })

  test('has the fields of plugins, and what middleware reads, when they are given', () => {
    expect(stepContext({ needs: { user: 1 }, item: 'lamp' })).toMatchObject({ needs: { user: 1 }, item: 'lamp' })
    expect(stepContext()).not.toHaveProperty('needs')
  })
})
