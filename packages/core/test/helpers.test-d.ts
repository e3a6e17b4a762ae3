/* Functions of one's own that declare steps. Checked by `tsc`; never run. */
import {
  type Handle,
  type MaybeHandle,
  type Needs,
  type Outputs,
  pipeline,
  type Pipeline,
  service,
  type Steps,
  type,
  idOf,
} from '@pipe/core'
import { expectTypeOf, test } from 'vitest'

const Db = service<string>()('db')
type NeedsDb = { readonly db: string }

function steps<I>(p: Steps<I>, input: Handle<I>) {
  const same = p.step('same', { needs: { input }, run: ({ input }) => input })
  const pair = p.step('pair', { run: ({ input }) => ({ input, n: 1 }) })
  return p.step('all', { needs: { same, pair }, run: async ({ same, pair }) => ({ same, pair }) })
}

test('a part of a definition is generic in the input', () => {
  const p = pipeline('p', { input: type<{ id: string }>() }, steps)
  type Id = { id: string }
  expectTypeOf(p).toEqualTypeOf<Pipeline<Id, { same: Id; pair: { input: Id; n: number } }>>()
})

function logged<T, Q>(p: Steps<unknown>, of: Handle<T, Q>): Handle<T, Q> {
  return p.step(`${idOf(of)} logged`, { needs: { of }, run: ({ of }) => of })
}
function twice<T, Q>(p: Steps<unknown>, of: Handle<T, Q>) {
  return p.step(`${idOf(of)} twice`, { needs: { of }, run: async ({ of }) => [of, of] })
}
function later<T, R, Q>(p: Steps<unknown>, of: Handle<T, Q>, work: (value: T) => Promise<R>): Handle<Awaited<R>, Q> {
  return p.step(`${idOf(of)} later`, { needs: { of }, run: ({ of }) => work(of) })
}
function each<T, R, Q>(p: Steps<unknown>, of: Handle<readonly T[], Q>, work: (item: T) => R) {
  return p.map(`${idOf(of)} each`, { needs: { of }, over: ({ of }) => of, run: (item) => work(item) })
}
function joined<const N extends Needs, R>(p: Steps<unknown>, needs: N, work: (needs: Outputs<N>) => R) {
  return p.step('joined', { needs, run: (needs) => work(needs) })
}
function called<I, O, Q, R>(p: Steps<unknown>, inner: Pipeline<I, O, Q>, input: Handle<I, R>) {
  return p.call(inner.name, inner, { input })
}

test('a helper takes any handle, whatever its output and its services', () => {
  pipeline('p', { input: type<{ id: string }>() }, (p, input) => {
    const id = p.step('id', { uses: { db: Db }, run: ({ input }) => input.id })
    const maybe = p.step('maybe', { when: () => true, run: () => 1 })
    const list = p.step('list', { run: () => [1, 2] })
    expectTypeOf(logged(p, id)).toEqualTypeOf<Handle<string, NeedsDb>>()
    expectTypeOf(logged(p, maybe)).toEqualTypeOf<Handle<number | undefined>>()
    expectTypeOf(twice(p, id)).toEqualTypeOf<Handle<string[], NeedsDb>>()
    expectTypeOf(later(p, id, async (text) => text.length)).toEqualTypeOf<Handle<number, NeedsDb>>()
    expectTypeOf(each(p, list, (n) => n.toFixed())).toEqualTypeOf<Handle<string[]>>()
    expectTypeOf(called(p, inner, id)).toEqualTypeOf<Handle<number, NeedsDb>>()
    const both = joined(p, { id, maybe }, ({ id, maybe }) => maybe ?? id)
    expectTypeOf(both).toEqualTypeOf<Handle<string | number, NeedsDb>>()
    const listed = joined(p, [id, input], ([id, input]) => id + input.id)
    expectTypeOf(listed).toEqualTypeOf<Handle<string, NeedsDb>>()
    // @ts-expect-error -- a text in place of a list
    each(p, id, (n) => n)
    // @ts-expect-error -- a number in place of a text
    called(p, inner, list)
    return { both, listed }
  })
})

declare const inner: Pipeline<string, number>
const onlyFree = <T>(p: Steps<unknown>, of: Handle<T>) => p.step('free', { needs: { of }, run: ({ of }) => of })

test('a handle without its services is for steps that require none', () => {
  pipeline('p', (p) => {
    const id = p.step('id', { uses: { db: Db }, run: () => 'id' })
    // @ts-expect-error -- it requires a database
    onlyFree(p, id)
    const maybe: MaybeHandle<string> = p.step('maybe', { optional: true, run: () => 'text' })
    return { id, maybe }
  })
})
