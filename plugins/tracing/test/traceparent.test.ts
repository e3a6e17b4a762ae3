import { context, propagation } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { createPipe, pipeline, type PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { tracing, traceparentLinks } from '../src/index.ts'
import { removeSdk } from './support/register.ts'
import { sdk } from './support/sdk.ts'

const works = pipeline('works', (p) => p.step('a', { run: () => 1 }))
const resumed = pipeline('resumed', (p) => p.step('b', { run: () => 2 }))
const earlierTrace = '0af7651916cd43dd8448eb211c80319c'
const earlierSpan = 'b7ad6b7169203331'

describe('a run that goes on with the work of an earlier one', () => {
  const seen = sdk()

  test('is linked to it by the `traceparent` in its context, in a trace of its own', async () => {
    const pipe = createPipe({ plugins: [tracing()] })
    const first = await pipe.start(works).result
    const traceparent = first.reports?.tracing?.traceparent
    await pipe.run(resumed, undefined, { context: { traceparent } })
    const [link, ...others] = seen.span('run resumed').links
    const { traceId, spanId } = seen.span('run works').spanContext()
    expect(link?.context).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true })
    expect(others).toEqual([])
    expect(seen.span('run resumed').spanContext().traceId).not.toBe(traceId)
    expect(seen.span('run resumed').parentSpanContext).toBeUndefined()
  })

  test('finds what propagators write too', async () => {
    const pipe = createPipe({ plugins: [tracing()] })
    const saved: { traceparent?: string } = {}
    const saves = pipeline('saves', (p) => p.step('a', { run: () => propagation.inject(context.active(), saved) }))
    await pipe.run(saves)
    await pipe.run(resumed, undefined, { context: { ...saved } })
    expect(seen.span('run resumed').links[0]?.context.spanId).toBe(seen.span('step a').spanContext().spanId)
  })

  test('may be linked as the application says', async () => {
    const earlier = { traceId: earlierTrace, spanId: earlierSpan, traceFlags: 1 }
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

describe('the result of a run', () => {
  const seen = sdk()

  test('says where its spans are', async () => {
    const { reports } = await createPipe({ plugins: [tracing()] }).start(works).result
    const { traceId, spanId } = seen.span('run works').spanContext()
    expect(reports).toEqual({ tracing: { traceId, traceparent: `00-${traceId}-${spanId}-01` } })
  })

  test('says nothing when nobody records them', async () => {
    removeSdk()
    const result = await createPipe({ plugins: [tracing()] }).start(works).result
    expect(result).not.toHaveProperty('reports')
  })
})

describe('the result of a run that is not sampled', () => {
  sdk(new AlwaysOffSampler())

  test('says so', async () => {
    const { reports } = await createPipe({ plugins: [tracing()] }).start(works).result
    expect(reports?.tracing?.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/)
  })
})

describe('a traceparent', () => {
  const linksOf = (traceparent: unknown) => traceparentLinks({ context: { traceparent } }).map(({ context }) => context)

  test('names a span of an earlier trace, sampled or not', () => {
    const context = { traceId: earlierTrace, spanId: earlierSpan, isRemote: true }
    expect(linksOf(`00-${earlierTrace}-${earlierSpan}-01`)).toEqual([{ ...context, traceFlags: 1 }])
    expect(linksOf(` 00-${earlierTrace}-${earlierSpan}-00 `)).toEqual([{ ...context, traceFlags: 0 }])
    expect(linksOf(`00-${earlierTrace}-${earlierSpan}-ff`)).toEqual([{ ...context, traceFlags: 1 }])
    expect(linksOf(`cc-${earlierTrace}-${earlierSpan}-01-what-the-future-brings`)).toEqual([
      { ...context, traceFlags: 1 },
    ])
  })

  test('may be several: of a run that was resumed more than once', () => {
    const several = [`00-${earlierTrace}-${earlierSpan}-01`, 'nonsense', `00-${earlierTrace}-${'1'.repeat(16)}-01`]
    expect(linksOf(several).map(({ spanId }) => spanId)).toEqual([earlierSpan, '1'.repeat(16)])
  })

  test.each([
    undefined,
    42,
    '',
    'nonsense',
    `ff-${earlierTrace}-${earlierSpan}-01`,
    `00-${earlierTrace.toUpperCase()}-${earlierSpan}-01`,
    `00-${'0'.repeat(32)}-${earlierSpan}-01`,
    `00-${earlierTrace}-${'0'.repeat(16)}-01`,
    `00-${earlierTrace}-${earlierSpan}`,
    `00-${earlierTrace}-${earlierSpan}-01and more`,
  ])('that is none is ignored: %s', (traceparent) => {
    expect(linksOf(traceparent)).toEqual([])
  })
})
