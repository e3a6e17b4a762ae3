import { createPipe, pipeline, type StepOptions, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { tracing, type TracingDefaults } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const seen = sdk()
const pipeOf = (defaults?: TracingDefaults) => createPipe({ plugins: [tracing(defaults)] })
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

/** A map over so many items, of which those with the keys in `bad` fail. */
const mapOf = (count: number, options: StepOptions = {}, bad: readonly number[] = []) =>
  pipeline('p', (p) =>
    p.map('map', {
      ...options,
      over: () => numbers(count),
      optionalItems: true,
      run: (item) => {
        if (bad.includes(item)) throw new Error(`bad ${item}`)
        return item
      },
    }),
  )

const keys = () => seen.spans.flatMap(({ attributes }) => attributes['pipe.item.key'] ?? [])

describe('the items of a map', () => {
  test('have spans up to a hundred, and the map says how many there were', async () => {
    await pipeOf().run(mapOf(1_000))
    expect(seen.spans).toHaveLength(1 + 1 + 100)
    expect(keys()).toEqual(numbers(100).map(String))
    expect(seen.span('map map').attributes).toMatchObject({ 'pipe.map.item_count': 1_000, 'pipe.map.failed_count': 0 })
  })

  test.each([
    ['the plugin', { items: 2 }, {}],
    ['the map', { items: 50 }, { tracing: { items: 2 } }],
  ])('have as many as %s says', async (_, defaults, options) => {
    await pipeOf(defaults).run(mapOf(5, options))
    expect(seen.tree).toBe(
      ['run p: succeeded', '  map map: succeeded', '    item map[0]: succeeded', '    item map[1]: succeeded'].join(
        '\n',
      ),
    )
  })

  test('all have one when that is asked for', async () => {
    await pipeOf().run(mapOf(2_000, { tracing: { items: Infinity } }))
    expect(seen.spans).toHaveLength(2 + 2_000)
  })

  test('have one after all when they fail, from when they began, up to as many again', async () => {
    await pipeOf({ items: 2 }).run(mapOf(9, {}, [1, 5, 6, 7]))
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  map map: succeeded',
        '    item map[0]: succeeded',
        '    item map[1]: failed, ERROR',
        '      - Error: bad 1',
        '    item map[5]: failed, ERROR',
        '      - Error: bad 5',
        '    item map[6]: failed, ERROR',
        '      - Error: bad 6',
      ].join('\n'),
    )
    expect(seen.span('map map').attributes).toMatchObject({ 'pipe.map.item_count': 9, 'pipe.map.failed_count': 4 })
  })

  test('have none with `items: 0`, not even when they fail', async () => {
    await pipeOf({ items: 0 }).run(mapOf(3, {}, [1]))
    expect(seen.tree).toBe('run p: succeeded\n  map map: succeeded')
  })

  test('that have no span hide what they run, and what that makes is below the map', async () => {
    const inner = pipeline('inner', { input: type<number>() }, (p) => {
      const a = p.step('a', { run: ({ input }) => seen.tracer.startActiveSpan(`mine ${input}`, (span) => span.end()) })
      return p.map('deep', { needs: { a }, over: () => [1], run: (item) => item })
    })
    const defined = pipeline('p', (p) => p.map('map', { over: () => numbers(2), concurrency: 1, run: inner }))
    await pipeOf({ items: 1 }).run(defined)
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  map map: succeeded',
        '    item map[0]: succeeded',
        '      step a: succeeded',
        '        mine 0',
        '      map deep: succeeded',
        '        item deep[0]: succeeded',
        '    mine 1',
      ].join('\n'),
    )
  })

  test('are counted for each map of its own', async () => {
    const inner = pipeline('inner', { input: type<number>() }, (p) =>
      p.map('deep', { over: () => numbers(5), run: (n) => n }),
    )
    await pipeOf({ items: 2 }).run(pipeline('p', (p) => p.map('map', { over: () => numbers(3), run: inner })))
    expect(seen.spans).toHaveLength(1 + 1 + 2 + 2 + 2 * 2)
  })
})

describe('the iterations of a loop', () => {
  const half = pipeline('half', { input: type<number>() }, (p) => p.step('half', { run: ({ input }) => input - 1 }))
  const looped = (options: StepOptions = {}) =>
    pipeline('p', (p) => p.loop('loop', half, { ...options, input: () => 250, until: (n) => n === 0, max: 250 }))

  test('have spans up to a hundred, or as many as is said', async () => {
    await pipeOf().run(looped())
    expect(seen.spans).toHaveLength(2 + 100)
    expect(seen.spans.at(-1)?.attributes['pipe.step.path']).toBe('loop[99]/half')
    await pipeOf({ items: 3 }).run(looped({ tracing: { items: Infinity } }))
    expect(seen.spans).toHaveLength(2 + 100 + 2 + 250)
  })
})

describe('`tracing: false`', () => {
  test('leaves a step out, with all that it runs; what that makes is below what is around it', async () => {
    const inner = pipeline('inner', (p) =>
      p.step('a', { run: () => seen.tracer.startActiveSpan('mine', (span) => span.end()) }),
    )
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner, { tracing: false, input: () => undefined })
      const map = p.map('map', { tracing: false, over: () => [1], run: () => 1 })
      return p.step('b', { needs: { call, map }, run: () => 1 })
    })
    await pipeOf().run(defined)
    expect(seen.tree).toBe('run p: succeeded\n  mine\n  step b: succeeded')
  })

  test('leaves its error to what is around it', async () => {
    const inner = pipeline('inner', (p) =>
      p.step('a', { tracing: false, run: () => Promise.reject(new RangeError('boom')) }),
    )
    await pipeOf().start(pipeline('p', (p) => p.call('call', inner, { input: () => undefined }))).result
    expect(seen.tree).toContain('  call call: failed, ERROR\n    - RangeError: boom')
  })
})
