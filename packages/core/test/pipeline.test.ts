import { type AnyHandle, idOf, pipeline, run, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { thrownBy } from './support/errors.ts'
import { define, untypedPipeline, type UntypedSteps } from './support/untyped.ts'

const nothing = () => undefined

describe('a definition', () => {
  test('calls its callback once, at once, and never again', async () => {
    const callback = vi.fn((p: UntypedSteps) => p.step('a', { run: nothing }))
    const defined = define(callback)
    expect(callback).toHaveBeenCalledTimes(1)
    await run(defined)
    await run(defined)
    expect(callback).toHaveBeenCalledTimes(1)
  })

  test('gets no run data: the input is a handle', () => {
    let seen: unknown
    pipeline('p', { input: type<{ id: string }>() }, (_, input) => {
      seen = input
      return input
    })
    expect(idOf(seen as AnyHandle)).toBe('input')
    expect(seen).not.toHaveProperty('name')
  })

  test('names the pipeline, and keeps its version and schema', () => {
    const input = type<string>()
    const defined = pipeline('p', { input, version: '2' }, (_, input) => input)
    expect(defined).toMatchObject({ name: 'p', version: '2', input })
  })

  test('passes on what its callback throws', () => {
    const boom = new Error('boom')
    const failing = () =>
      define(() => {
        throw boom
      })
    expect(failing).toThrow(boom)
  })

  test('may return the input, one handle, or a record of handles', async () => {
    expect(
      await run(
        pipeline('p', { input: type<number>() }, (_, input) => input),
        1,
      ),
    ).toBe(1)
    expect(await run(pipeline('p', (p) => p.step('a', { run: () => 2 })))).toBe(2)
    expect(await run(pipeline('p', (p) => ({ a: p.step('a', { run: () => 3 }) })))).toEqual({ a: 3 })
  })

  test('freezes the pipeline and the whole graph', () => {
    const defined = pipeline('p', { input: type<string>() }, (p, input) => {
      const a = p.step('a', { run: nothing })
      return { b: p.step('b', { needs: { a, input }, after: [a], run: nothing }) }
    })
    expect(unfrozen(defined, 'pipeline')).toEqual([])
  })

  test('refuses steps that are declared after it has returned', () => {
    let late: UntypedSteps | undefined
    define((p) => {
      late = p
      return p.step('a', { run: nothing })
    })
    const error = thrownBy(() => late?.step('b', { run: nothing }))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', step: 'b', pipeline: 'orders' })
    expect(error.message).toMatch(/while the definition runs/)
  })
})

describe('ids', () => {
  test.each(['', 'a/b', 'a[0]', ']', '__proto__', 7, undefined])('cannot be %j', (id) => {
    const error = thrownBy(() => define((p) => p.step(id, { run: nothing })))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', pipeline: 'orders' })
    expect(error.message).toMatch(/`\/`, `\[` and `\]`/)
  })

  test.each(['a b', 'ümlaut', 'a.b', 'a:b', '0', 'constructor'])('may be %j', async (id) => {
    const defined = pipeline('p', (p) => ({ it: p.step(id, { run: () => 1 }) }))
    expect(await run(defined)).toEqual({ it: 1 })
  })

  test('of alternatives and of steps of groups follow the same rule', () => {
    const inFallback = () => define((p) => p.fallback('f', { alternatives: { 'a/b': nothing } }))
    const inGroup = () => define((p) => p.group('g', { steps: { 'a[0]': nothing } }))
    expect(thrownBy(inFallback)).toMatchObject({ code: 'DEFINITION_INVALID', step: 'a/b' })
    expect(thrownBy(inGroup)).toMatchObject({ code: 'DEFINITION_INVALID', step: 'a[0]' })
  })

  const inner = pipeline('inner', (p) => p.step('a', { run: nothing }))
  const kinds: Record<string, (p: UntypedSteps, first: AnyHandle) => unknown> = {
    step: (p) => p.step('a', { run: nothing }),
    map: (p) => p.map('a', { over: () => [], run: nothing }),
    call: (p) => p.call('a', inner, { input: nothing }),
    loop: (p) => p.loop('a', inner, { input: nothing, until: nothing, max: 1 }),
    select: (p, first) => p.select('a', [first]),
    fallback: (p) => p.fallback('a', { alternatives: { x: nothing } }),
    group: (p) => p.group('a', { steps: { x: nothing } }),
  }
  test.each(Object.entries(kinds))('are unique: a step and a %s with one id are refused', (_, declare) => {
    for (const first of ['step', 'group'] as const) {
      const error = thrownBy(() =>
        define((p) => declare(p, first === 'step' ? p.step('a', { run: nothing }) : p.group('a', { steps: {} }))),
      )
      expect(error).toMatchObject({ code: 'STEP_DUPLICATE', step: 'a', pipeline: 'orders' })
      expect(error.message).toContain('step "a" of pipeline "orders"')
    }
  })

  test('are unique in a pipeline, not beyond it', () => {
    expect(() => define((p) => p.call('a', inner, { input: nothing }))).not.toThrow()
  })
})

describe('handles', () => {
  const foreign = (): AnyHandle => {
    let handle: AnyHandle | undefined
    define((p) => (handle = p.step('theirs', { run: nothing })))
    return handle!
  }
  const uses: Record<string, (p: UntypedSteps, theirs: AnyHandle) => unknown> = {
    'in needs': (p, theirs) => p.step('a', { needs: { theirs }, run: nothing }),
    'in an array of needs': (p, theirs) => p.step('a', { needs: [theirs], run: nothing }),
    'in after': (p, theirs) => p.step('a', { after: [theirs], run: nothing }),
    'in select': (p, theirs) => p.select('a', [theirs]),
  }
  test.each(Object.entries(uses))('of another pipeline are refused %s', (_, declare) => {
    const error = thrownBy(() => define((p) => declare(p, foreign())))
    expect(error).toMatchObject({ code: 'HANDLE_FOREIGN', step: 'a', pipeline: 'orders' })
    expect(error.message).toContain('"theirs" of another pipeline')
  })

  test('of another pipeline cannot be returned', () => {
    expect(thrownBy(() => define(foreign))).toMatchObject({ code: 'HANDLE_FOREIGN', pipeline: 'orders' })
    expect(thrownBy(() => define(() => ({ theirs: foreign() })))).toMatchObject({ code: 'HANDLE_FOREIGN' })
  })

  test('all lead to the output: the steps that do not are named', () => {
    const error = thrownBy(() =>
      define((p) => {
        p.step('lost', { run: nothing })
        const a = p.step('a', { run: nothing })
        p.map('also lost', { needs: { a }, over: () => [], run: nothing })
        return a
      }),
    )
    expect(error).toMatchObject({ code: 'STEP_UNREACHABLE', pipeline: 'orders' })
    expect(error.message).toContain('"lost", "also lost"')
    expect(error.message).toMatch(/return the handle, or let a step need it or come after it/)
  })

  test('all lead to the output: a step that only leads to a lost one is lost', () => {
    const declare = (p: UntypedSteps) => {
      const a = p.step('a', { run: nothing })
      p.step('b', { needs: { a }, run: nothing })
      return {}
    }
    expect(thrownBy(() => define(declare)).message).toContain('to "a", "b":')
  })

  test('all lead to the output: a step that was refused needs nothing', () => {
    const declare = (p: UntypedSteps) => {
      const a = p.step('a', { run: nothing })
      expect(() => p.step('refused', { needs: { a }, uses: 1, run: nothing })).toThrow()
      return {}
    }
    expect(thrownBy(() => define(declare))).toMatchObject({ code: 'STEP_UNREACHABLE' })
  })

  test('that are only come after count as reachable', () => {
    const declare = (p: UntypedSteps) => p.step('b', { after: [p.step('a', { run: nothing })], run: nothing })
    expect(() => define(declare)).not.toThrow()
  })

  test('of untaken branches count as reachable: a select or a fallback leads to all of its sources', () => {
    expect(() => define((p) => p.fallback('f', { alternatives: { a: nothing, b: nothing } }))).not.toThrow()
  })
})

describe('the arguments of pipeline', () => {
  const wrong: Record<string, readonly unknown[]> = {
    'no name': ['', nothing],
    'a name that is not a string': [7, {}, nothing],
    'no callback': ['p', {}],
  }
  test.each(Object.entries(wrong))('are checked: %s', (_, args) => {
    expect(thrownBy(() => untypedPipeline(...args))).toMatchObject({ code: 'DEFINITION_INVALID' })
  })

  const options: readonly (readonly [options: unknown, says: string])[] = [
    [null, '`options` of pipeline "p" must be an object; got null.'],
    ['options', '`options` of pipeline "p" must be an object; got \'options\'.'],
    [
      { input: { type: 'object' } },
      '`input` of pipeline "p" must be a Standard Schema (zod, valibot, arktype …) or type<T>(); got this object.',
    ],
    [
      { input: null },
      '`input` of pipeline "p" must be a Standard Schema (zod, valibot, arktype …) or type<T>(); got null.',
    ],
    [{ version: 2 }, '`version` of pipeline "p" must be a non-empty string; got 2.'],
    [{ inputs: type() }, '`inputs` of pipeline "p" must be left out: the options are input, version; got this object.'],
  ]
  test.each(options)('are checked: %o as options', (given, message) => {
    const error = thrownBy(() => untypedPipeline('p', given, nothing))
    expect(error).toMatchObject({ code: 'OPTION_INVALID', pipeline: 'p', message })
  })

  test.each([
    ['a promise', async () => 1],
    ['nothing', nothing],
    ['a number', () => 1],
    ['a record of something else', () => ({ a: 1 })],
    ['a record of records', (p: UntypedSteps) => ({ a: { b: p.step('b', { run: nothing }) } })],
  ])('are checked: a callback that returns %s', (_, declare) => {
    expect(thrownBy(() => define(declare))).toMatchObject({ code: 'DEFINITION_INVALID', pipeline: 'orders' })
  })

  test('are checked: the message says that a promise is not wanted', () => {
    expect(thrownBy(() => define(async () => 1)).message).toMatch(/must be synchronous/)
  })
})

/** Paths of the objects below `value` that can be changed. Schemas and functions belong to the user. */
function unfrozen(value: unknown, path: string, seen = new Set<unknown>()): string[] {
  if (typeof value !== 'object' || value === null || seen.has(value) || '~standard' in value) return []
  seen.add(value)
  const below = Object.entries(value).flatMap(([key, inner]) => unfrozen(inner, `${path}.${key}`, seen))
  return Object.isFrozen(value) ? below : [path, ...below]
}
