/* What a schema of the output asks of a step. Checked by `tsc`; never run. */
import {
  defineStep,
  type Handle,
  type InputOf,
  type OutputOf,
  pipeline,
  type Pipeline,
  type Schema,
  type StepDefinition,
  type,
} from '@pipe/core'
import { expectTypeOf, test } from 'vitest'

const numeric: Schema<string, number> = type<never>()
const kinds = type<{ kind: 'a' | 'b'; size?: number }>()

test('a schema of the output gives the type of the output', () => {
  expectTypeOf<InputOf<typeof numeric>>().toEqualTypeOf<string>()
  expectTypeOf<OutputOf<typeof numeric>>().toEqualTypeOf<number>()
  const p = pipeline('p', { input: numeric }, (p, input) => {
    expectTypeOf(input).toEqualTypeOf<Handle<number>>()
    const parsed = p.step('parsed', {
      output: numeric,
      run: () => 'text',
      undo: (output) => {
        expectTypeOf(output).toEqualTypeOf<number>()
      },
    })
    expectTypeOf(parsed).toEqualTypeOf<Handle<number>>()
    return parsed
  })
  expectTypeOf(p).toEqualTypeOf<Pipeline<string, number>>()
})

test('a step returns what the schema of its output accepts', () => {
  pipeline('p', { input: type<{ id: string }>() }, (p) => {
    p.step('at once', { output: numeric, run: ({ input }) => input.id })
    p.step('later', { output: numeric, run: async ({ input }) => input.id })
    p.step('thenable', { output: numeric, run: (): PromiseLike<string> => Promise.resolve('1') })
    // @ts-expect-error -- a number in place of a text
    p.step('wrong', { output: numeric, run: () => 1 })
    // @ts-expect-error -- a number in place of a text
    p.step('wrong later', { output: numeric, run: async ({ input }) => input.id.length })
    // @ts-expect-error -- nothing in place of a text
    p.step('nothing', { output: numeric, run: async ({ input }) => void input.id.at(0) })
    return p.step('end', { run: () => 1 })
  })
})

test('what nobody knows anything of is for the schema to find out', () => {
  pipeline('p', { input: type<{ text: string }>() }, (p) => {
    const known = p.step('unknown', { output: numeric, run: async (): Promise<unknown> => 1 })
    expectTypeOf(known).toEqualTypeOf<Handle<number>>()
    p.step('any', { output: numeric, run: ({ input }) => JSON.parse(input.text) as unknown })
    return known
  })
})

test('the schema says which literals are meant', () => {
  pipeline('p', { input: type<{ id: string }>() }, (p) => {
    p.step('a', { output: kinds, run: ({ input }) => ({ kind: input.id === '1' ? 'a' : 'b' }) })
    p.step('b', { output: kinds, run: async ({ input: { id } }) => ({ kind: 'a', size: id.length }) })
    p.step('c', { run: async ({ input }) => ({ kind: 'b', size: input.id.length }), output: kinds })
    // @ts-expect-error -- not one of them
    p.step('d', { output: kinds, run: async ({ input: { id } }) => ({ kind: 'c', size: id.length }) })
    // @ts-expect-error -- a function without parameters is looked at before the schema
    p.step('e', { output: kinds, run: () => ({ kind: 'a' }) })
    p.step('f', { output: kinds, run: () => ({ kind: 'a' as const }) })
    return p.step('end', { run: () => 1 })
  })
})

test('a standalone step has a schema of its output, and takes it along', () => {
  const parse = defineStep({
    output: numeric,
    run: ({ text }: { text: string }) => text,
    undo: (output) => {
      expectTypeOf(output).toEqualTypeOf<number>()
    },
  })
  expectTypeOf(parse.run).parameter(0).toEqualTypeOf<{ text: string }>()
  expectTypeOf(parse.run).returns.toEqualTypeOf<string>()
  expectTypeOf(parse.output).toEqualTypeOf<Schema<string, number> | undefined>()
  expectTypeOf(parse).toExtend<
    StepDefinition<(needs: { text: string }, ctx: never) => string, object, typeof numeric>
  >()
  const plain = defineStep({ run: async ({ n }: { n: number }) => n })
  expectTypeOf(plain.run).returns.resolves.toEqualTypeOf<number>()
  // @ts-expect-error -- a number in place of a text
  defineStep({ output: numeric, run: ({ n }: { n: number }) => n })
  // @ts-expect-error -- a number in place of a text
  defineStep({ output: numeric, run: async ({ n }: { n: number }) => n })
  defineStep({ output: numeric, run: async ({ n }: { n: number }): Promise<unknown> => n })
  pipeline('p', { input: type<string>() }, (p, input) => {
    const bound = p.step('bound', { ...parse, needs: { text: input } })
    expectTypeOf(bound).toEqualTypeOf<Handle<number>>()
    // @ts-expect-error -- there is no text
    p.step('unbound', { ...parse, needs: { input } })
    return bound
  })
})
