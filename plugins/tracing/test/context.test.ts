import { context, propagation, trace } from '@opentelemetry/api'
import { createPipe, pipeline, PipelineError, type Plugin, type } from '@pipe/core'
import { fakeClock, turn } from '@pipe/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { tracing } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const seen = sdk()
const active = () => (trace.getActiveSpan() as { name?: string } | undefined)?.name

describe('the active span', () => {
  test('is that of the step: in its function, whatever it waits for, and in its condition', async () => {
    const names: unknown[] = []
    const defined = pipeline('p', (p) =>
      p.step('a', {
        when: () => {
          names.push(active())
          return true
        },
        run: async () => {
          names.push(active())
          await turn()
          names.push(active())
          setTimeout(() => names.push(active()), 0)
          await sleep(1)
        },
      }),
    )
    await createPipe({ plugins: [tracing()] }).run(defined)
    expect(names).toEqual(['step a', 'step a', 'step a', 'step a'])
  })

  test('is never that of another step, however many run at the same time and whoever started them', async () => {
    const wrong: string[] = []
    const check = async (id: string) => {
      for (let i = 0; i < 5; i++) {
        const name = active()
        if (name !== id) wrong.push(`${id}: ${String(name)}`)
        await (i % 2 === 0 ? turn() : Promise.resolve())
      }
    }
    const inner = pipeline('inner', { input: type<number>() }, (p) => {
      const one = p.step('one', { run: () => check('step one') })
      return p.step('two', { needs: { one }, run: () => check('step two') })
    })
    const defined = pipeline('p', (p) => {
      const wide = Array.from({ length: 20 }, (_, i) => p.step(`s${i}`, { run: () => check(`step s${i}`) }))
      const next = wide.map((before, i) => p.step(`n${i}`, { needs: [before], run: () => check(`step n${i}`) }))
      const map = p.map('map', { over: () => [1, 2, 3, 4, 5], concurrency: 2, run: () => check('item map') })
      const inners = p.map('inners', { over: () => [1, 2, 3], run: inner })
      return p.step('end', { needs: [map, inners, ...next], run: () => check('step end') })
    })
    const pipe = createPipe({ plugins: [tracing()] })
    const runs = [pipe.run(defined), pipe.run(defined, undefined, { concurrency: 3 }), pipe.start(defined).result]
    await Promise.all(runs)
    expect(wrong).toEqual([])
    expect(seen.open).toBe(0)
    for (const span of seen.spans) {
      const parent = seen.spans.find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId)
      if (span.name.startsWith('run ')) expect(parent).toBeUndefined()
      else expect(span.attributes['pipe.run.id']).toBe(parent?.attributes['pipe.run.id'])
    }
  })

  test('is that of the step although a slot, a resumption or a timer of somebody else starts it', async () => {
    const clock = fakeClock()
    const names: unknown[] = []
    const look = (_: unknown, { attempt }: { readonly attempt: number }) => void names.push([attempt, active()])
    let expire = () => undefined as unknown
    const timeout: Plugin = {
      name: 'timeout',
      attempt: ({ id }) =>
        id === 'late'
          ? (ctx, next) => {
              if (ctx.attempt === 1) expire = () => ctx.abort(new PipelineError('TIMEOUT', 'too late'))
              return next()
            }
          : undefined,
      policy: ({ id }) => (id === 'late' ? () => ({ retryAt: 0 }) : undefined),
    }
    const defined = pipeline('p', (p) => {
      const late = p.step('late', {
        run: (needs, ctx) => {
          look(needs, ctx)
          return ctx.attempt === 1 ? turn() : undefined
        },
      })
      return p.step('after', { needs: { late }, run: look })
    })
    const pipe = createPipe({ plugins: [tracing({ attempts: 'none' }), timeout], clock })
    const run = pipe.start(defined, undefined, { paused: true })
    await turn()
    const other = (name: string, act: () => unknown) =>
      seen.tracer.startActiveSpan(name, async (span) => {
        await act()
        span.end()
      })
    await other('resumes', () => run.resume())
    await other('expires', () => expire())
    await other('waits', () => clock.advance('1s'))
    await run.result
    expect(names).toEqual([
      [1, 'step late'],
      [2, 'step late'],
      [1, 'step after'],
    ])
    expect(seen.open).toBe(0)
  })

  test('is that of the caller again when the run has ended', async () => {
    const pipe = createPipe({ plugins: [tracing()] })
    await seen.tracer.startActiveSpan('caller', async (span) => {
      const running = pipe.run(pipeline('p', (p) => p.step('a', { run: turn })))
      expect(active()).toBe('caller')
      await running
      expect(active()).toBe('caller')
      span.end()
    })
  })

  test('is what a middleware in between has made active, where there is one', async () => {
    const between: Plugin = {
      name: 'between',
      step: () => (_, next) =>
        seen.tracer.startActiveSpan('between', async (span) => {
          try {
            return await next()
          } finally {
            span.end()
          }
        }),
    }
    let name: unknown
    const defined = pipeline('p', (p) => p.step('a', { run: () => void (name = active()) }))
    await createPipe({ plugins: [tracing(), between] }).run(defined)
    expect(name).toBe('between')
    expect(seen.tree).toBe('run p: succeeded\n  step a: succeeded\n    between')
  })
})

test('what else is in the context of the caller reaches the steps', async () => {
  const baggage = propagation.createBaggage({ shop: { value: 'north' } })
  let shop: unknown
  const look = () => void (shop = propagation.getActiveBaggage()?.getEntry('shop')?.value)
  const pipe = createPipe({ plugins: [tracing()] })
  await context.with(propagation.setBaggage(context.active(), baggage), () =>
    pipe.run(pipeline('p', (p) => p.map('m', { over: () => [1], run: look }))),
  )
  expect(shop).toBe('north')
})

test('without a context manager the spans have their parents all the same', async () => {
  context.disable()
  const inner = pipeline('inner', (p) => p.step('deep', { run: turn }))
  const defined = pipeline('p', (p) => {
    const call = p.call('call', inner, { input: () => undefined })
    return p.map('map', { needs: { call }, over: () => [1, 2], run: turn })
  })
  await createPipe({ plugins: [tracing()] }).run(defined)
  expect(seen.tree).toBe(
    [
      'run p: succeeded',
      '  call call: succeeded',
      '    step deep: succeeded',
      '  map map: succeeded',
      '    item map[0]: succeeded',
      '    item map[1]: succeeded',
    ].join('\n'),
  )
})
