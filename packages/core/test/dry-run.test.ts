import { createPipe, definePlugin, pipeline, type Plugin, service, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { numeric } from './support/schemas.ts'

const Db = service<string>()('db')
const work = vi.fn(() => 1)
const inner = pipeline('inner', { input: type<number>() }, (p) => p.step('leaf', { uses: { db: Db }, run: work }))
const shop = pipeline('shop', { input: numeric }, (p, input) => {
  const a = p.step('a', { run: work })
  const b = p.step('b', { needs: { a }, when: work as never, run: work })
  const call = p.call('call', inner, { needs: { input }, input: work })
  const last = p.step('last', { needs: { call }, run: work })
  const alone = p.step('alone', { needs: {}, run: work })
  return { b, last, alone }
})

const store = (recorded: readonly string[], blocked: readonly string[] = []): Plugin =>
  definePlugin({
    name: 'store',
    dryRun: async (_, { stepId }) => {
      if (recorded.includes(stepId)) return { restored: true }
      return blocked.includes(stepId) ? { blocked: 'the lock is taken' } : undefined
    },
  })

describe('a dry run', () => {
  test('says of every step, inside too, that it is ready', async () => {
    const report = await createPipe({ services: { db: 'main' } }).dryRun(shop, '1', { id: 'run-1' })
    expect(report).toEqual({
      runId: 'run-1',
      pipeline: 'shop',
      ready: true,
      steps: {
        a: { status: 'ready' },
        b: { status: 'ready', conditional: true },
        call: { status: 'ready' },
        'call/leaf': { status: 'ready' },
        last: { status: 'ready' },
        alone: { status: 'ready' },
      },
    })
  })

  test('says which steps lack a service, and what waits for them', async () => {
    const { ready, steps } = await createPipe().dryRun(shop, '1')
    expect(ready).toBe(false)
    expect(steps).toMatchObject({
      a: { status: 'ready' },
      'call/leaf': { status: 'blocked', reason: 'missing services: db' },
      alone: { status: 'ready' },
    })
  })

  test('is ready when what is blocked may fail: an optional step, an alternative of which another one is left', async () => {
    const defined = pipeline('p', (p) => {
      const extra = p.step('extra', { optional: true, run: work })
      const price = p.fallback('price', { alternatives: { shop: work, list: work } })
      return p.step('last', { needs: { extra, price }, run: work })
    })
    const dry = (...blocked: readonly string[]) => createPipe({ plugins: [store([], blocked)] }).dryRun(defined)
    const one = await dry('extra', 'price/shop')
    expect(one).toMatchObject({ ready: true, steps: { extra: { status: 'blocked' }, last: { status: 'ready' } } })
    const all = await dry('price/shop', 'price/list')
    expect(all).toMatchObject({ ready: false, steps: { price: { status: 'blocked' }, last: { status: 'blocked' } } })
  })

  test('is not ready without a service, whatever is recorded', async () => {
    const free = pipeline('free', (p) => p.step('a', { uses: { db: Db }, run: work }))
    const { ready, steps } = await createPipe({ plugins: [store(['a'])] }).dryRun(free)
    expect({ ready, a: steps['a'] }).toEqual({ ready: false, a: { status: 'blocked', reason: 'missing services: db' } })
  })

  test('is not ready with an input that is invalid, whatever reads it', async () => {
    const defined = pipeline('p', { input: numeric }, (p) => p.step('a', { needs: {}, run: work }))
    expect(await createPipe().dryRun(defined, 'x')).toMatchObject({ ready: false, steps: { a: { status: 'ready' } } })
  })

  test('needs no input when the pipeline has none', async () => {
    const free = pipeline('free', (p) => p.step('a', { uses: { db: Db }, run: work }))
    expect(await createPipe().dryRun(free)).toMatchObject({ ready: false })
    expect(await createPipe().dryRun(free, undefined, { services: { db: 'main' } })).toMatchObject({ ready: true })
  })

  test('takes services of the run into account', async () => {
    const { ready } = await createPipe().dryRun(shop, '1', { services: { db: 'main' } })
    expect(ready).toBe(true)
  })

  test('says what is wrong with the input, and which steps that blocks', async () => {
    const { ready, steps } = await createPipe({ services: { db: 'main' } }).dryRun(shop, 'x')
    expect(ready).toBe(false)
    expect(steps['a']).toMatchObject({
      status: 'blocked',
      reason: expect.stringContaining('expected digits') as string,
    })
    expect(steps['b']).toMatchObject({ status: 'blocked', reason: 'step "a" is blocked' })
    expect(steps['call']?.status).toBe('blocked')
    expect(steps['last']).toMatchObject({ status: 'blocked', reason: 'step "call" is blocked' })
    expect(steps['alone']).toEqual({ status: 'ready' })
  })

  test('says which steps have a recorded output; what is inside of these is not looked at', async () => {
    const pipe = createPipe({ services: { db: 'main' }, plugins: [store(['a', 'call'])] })
    const { ready, steps } = await pipe.dryRun(shop, '1')
    expect(ready).toBe(true)
    expect(steps).toMatchObject({ a: { status: 'restored' }, call: { status: 'restored' }, b: { status: 'ready' } })
    expect(Object.keys(steps)).not.toContain('call/leaf')
  })

  test('says what a plugin has against a step', async () => {
    const pipe = createPipe({ services: { db: 'main' }, plugins: [store([], ['a'])] })
    const { steps } = await pipe.dryRun(shop, '1')
    expect(steps['a']).toEqual({ status: 'blocked', reason: 'the lock is taken' })
    expect(steps['b']).toMatchObject({ status: 'blocked', reason: 'step "a" is blocked' })
  })

  test('rejects for an option that no plugin owns', async () => {
    const optioned = pipeline('p', (p) => p.step('a', { run: work, ...{ colour: 'red' } }))
    expect(await rejectionOf(createPipe().dryRun(optioned, undefined))).toMatchObject({ code: 'OPTION_UNKNOWN' })
  })

  test('runs nothing and observes nothing', async () => {
    const observer = vi.fn()
    const pipe = createPipe({ services: { db: 'main' } })
    for (const name of ['run:start', 'run:end', 'step:start', 'step:end'] as const) pipe.events.on(name, observer)
    work.mockClear()
    await pipe.dryRun(shop, '1')
    expect(work).not.toHaveBeenCalled()
    expect(observer).not.toHaveBeenCalled()
  })

  test('asks plugins when they are set up', async () => {
    const log: string[] = []
    const plugin = definePlugin({
      name: 'store',
      setup: () => void log.push('setup'),
      dryRun: () => void log.push('dryRun'),
    })
    await createPipe({ plugins: [plugin] }).dryRun(
      pipeline('p', (p) => p.step('a', { run: work })),
      undefined,
    )
    expect(log).toEqual(['setup', 'dryRun'])
  })
})
