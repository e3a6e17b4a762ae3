import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { createPipe, pipeline, type PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { tracing, traceparentLinks } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const works = pipeline('works', (p) => p.step('a', { run: () => 1 }))
const trace1 = '0af7651916cd43dd8448eb211c80319c'
const span1 = 'b7ad6b7169203331'

describe('a run that goes on with the work of an earlier one', () => {
  const seen = sdk()

  test('is linked to it by the `traceparent` in its context, in a trace of its own', async () => {
    const pipe = createPipe({ plugins: [tracing()] })
    let traceparent = ''
    const first = pipeline('first', (p) =>
      p.step('saves', {
        run: () => {
          const carrier: { traceparent?: string } = {}
          propagation.inject(trace.setSpan(ROOT_CONTEXT, trace.getActiveSpan()!), carrier)
          traceparent = carrier.traceparent ?? ''
        },
      }),
    )
    await pipe.run(first)
    await pipe.run(works, undefined, { context: { traceparent } })
    const [link, ...others] = seen.span('run works').links
    const { traceId, spanId } = seen.span('step saves').spanContext()
    expect(link?.context).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true })
    expect(others).toEqual([])
    expect(seen.span('run works').spanContext().traceId).not.toBe(traceId)
    expect(seen.span('run works').parentSpanContext).toBeUndefined()
  })

  test('may be linked as the application says', async () => {
    const earlier = { traceId: trace1, spanId: span1, traceFlags: 1 }
    const links = ({ runId }: { readonly runId: string }) => [
      { context: earlier, attributes: { why: `again ${runId}` } },
    ]
    await createPipe({ plugins: [tracing({ links })] }).run(works, undefined, { id: 'run-2' })
    expect(seen.span('run works').links).toMatchObject([{ context: earlier, attributes: { why: 'again run-2' } }])
  })

  test('is traced without links, and runs, when those cannot be told', async () => {
    const reports: PipelineError[] = []
    const links = () => {
      throw new Error('no links')
    }
    const pipe = createPipe({ plugins: [tracing({ links })], onError: (error) => reports.push(error) })
    expect(await pipe.run(works)).toBe(1)
    expect(seen.tree).toBe('run works: succeeded\n  step a: succeeded')
    expect(reports.map(({ message }) => message)).toEqual(['no links'])
  })
})

describe('a traceparent', () => {
  const linksOf = (traceparent: unknown) => traceparentLinks({ context: { traceparent } }).map(({ context }) => context)

  test('names a span of an earlier trace, sampled or not', () => {
    const context = { traceId: trace1, spanId: span1, isRemote: true }
    expect(linksOf(`00-${trace1}-${span1}-01`)).toEqual([{ ...context, traceFlags: 1 }])
    expect(linksOf(` 00-${trace1}-${span1}-00 `)).toEqual([{ ...context, traceFlags: 0 }])
    expect(linksOf(`00-${trace1}-${span1}-ff`)).toEqual([{ ...context, traceFlags: 1 }])
    expect(linksOf(`cc-${trace1}-${span1}-01-what-the-future-brings`)).toEqual([{ ...context, traceFlags: 1 }])
  })

  test('may be several: of a run that was resumed more than once', () => {
    const several = [`00-${trace1}-${span1}-01`, 'nonsense', `00-${trace1}-${'1'.repeat(16)}-01`]
    expect(linksOf(several).map(({ spanId }) => spanId)).toEqual([span1, '1'.repeat(16)])
  })

  test.each([
    undefined,
    42,
    '',
    'nonsense',
    `ff-${trace1}-${span1}-01`,
    `00-${trace1.toUpperCase()}-${span1}-01`,
    `00-${'0'.repeat(32)}-${span1}-01`,
    `00-${trace1}-${'0'.repeat(16)}-01`,
    `00-${trace1}-${span1}`,
    `00-${trace1}-${span1}-01and more`,
  ])('that is none is ignored: %s', (traceparent) => {
    expect(linksOf(traceparent)).toEqual([])
  })
})
