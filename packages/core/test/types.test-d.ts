/* What compiles and what does not. Checked by `tsc`; never run. */
import {
  createPipe,
  defineStep,
  type Handle,
  type InputOf,
  type OutputOf,
  pipeline,
  type Pipeline,
  run,
  type Schema,
  service,
  start,
  type,
} from '@pipe/core'
import { expectTypeOf, test } from 'vitest'
import './support/options.ts'

interface User {
  readonly id: string
  readonly vip: boolean
}
interface Database {
  readonly find: (id: string) => User
}
const Db = service<Database>()('db')
const Mail = service<(to: string) => void>()('mail')
declare const db: Database
declare const see: (...values: readonly unknown[]) => void
declare const users: Pipeline<{ readonly id: string }, User>
declare const increment: Pipeline<number, number>
declare const lengthOf: Pipeline<string, number>

test('a step reads what it needs, and nothing else', () => {
  pipeline('p', { input: type<{ id: string }>() }, (p, input) => {
    const user = p.step('user', { run: ({ input }) => ({ id: input.id, vip: true }) })
    expectTypeOf(user).toEqualTypeOf<Handle<{ id: string; vip: boolean }>>()
    const other = p.step('other', { needs: { input }, run: async () => 1 })
    expectTypeOf(other).toEqualTypeOf<Handle<number>>()

    // @ts-expect-error -- `user` is not among the needs
    p.step('undeclared', { needs: { other }, run: ({ other, user }) => see(other, user) })
    // @ts-expect-error -- the default needs are the input alone
    p.step('default', { run: ({ input, user }) => see(input, user) })
    // @ts-expect-error -- what is read cannot be changed
    p.step('changed', { needs: { other }, run: (needs) => (needs.other = 2) })

    const renamed = p.step('renamed', { needs: { who: user }, run: ({ who }) => who.vip })
    expectTypeOf(renamed).toEqualTypeOf<Handle<boolean>>()
    const listed = p.step('listed', { needs: [user, other], run: ([first, second]) => ({ first, second }) })
    expectTypeOf(listed).toEqualTypeOf<Handle<{ first: { id: string; vip: boolean }; second: number }>>()
    p.step('nothing', { needs: {}, run: (needs) => expectTypeOf(needs).toEqualTypeOf<Readonly<{}>>() })
    return { renamed, listed }
  })
})

test('an option that no plugin has declared does not compile', () => {
  pipeline('p', (p) => {
    // @ts-expect-error -- the plugin that owns it is not imported
    p.step('a', { retry: 3, run: () => 1 })
    // @ts-expect-error -- a value it may not have
    p.map('b', { colour: 'green', over: () => [1], run: () => 1 })
    return p.step('c', { label: 'ok', colour: 'red', run: () => 1 })
  })
})

test('a condition or `optional` makes the output possibly undefined', () => {
  pipeline('p', (p) => {
    const when = p.step('when', { when: () => true, run: () => 1 })
    const optional = p.step('optional', { optional: true, run: () => 1 })
    const required = p.step('required', { optional: false, run: () => 1 })
    expectTypeOf(when).toEqualTypeOf<Handle<number | undefined>>()
    expectTypeOf(optional).toEqualTypeOf<Handle<number | undefined>>()
    expectTypeOf(required).toEqualTypeOf<Handle<number>>()
    // @ts-expect-error -- must be a boolean
    p.step('truthy', { when: () => 1, run: () => 1 })
    // @ts-expect-error -- it may be undefined
    p.step('after', { needs: { when }, run: ({ when }) => when.toFixed() })
    const called = p.call('called', users, { when: () => true, input: () => ({ id: '1' }) })
    expectTypeOf(called).toEqualTypeOf<Handle<User | undefined>>()
    return { when, optional, required }
  })
})

test('a schema of the output gives the type of the output', () => {
  const parse: Schema<string, number> = type<never>()
  expectTypeOf<InputOf<typeof parse>>().toEqualTypeOf<string>()
  expectTypeOf<OutputOf<typeof parse>>().toEqualTypeOf<number>()
  const p = pipeline('p', { input: parse }, (p, input) => {
    expectTypeOf(input).toEqualTypeOf<Handle<number>>()
    const parsed = p.step('parsed', {
      output: parse,
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

test('every kind of step has the output that it makes', () => {
  pipeline('p', { input: type<readonly string[]>() }, (p, input) => {
    const map = p.map('map', {
      over: ({ input }) => input,
      run: async (text, { key, needs }) => [text, key, needs.input.length] as const,
    })
    expectTypeOf(map).toEqualTypeOf<Handle<(readonly [string, string | undefined, number])[]>>()
    const holes = p.map('holes', { over: ({ input }) => input, optionalItems: true, run: (text) => text.length })
    expectTypeOf(holes).toEqualTypeOf<Handle<(number | undefined)[]>>()
    const stream = p.map('stream', {
      over: async function* () {
        yield 1
      },
      run: (n) => n.toFixed(),
    })
    expectTypeOf(stream).toEqualTypeOf<Handle<string[]>>()
    const each = p.map('each', { needs: { input }, over: () => [{ id: '1' }], run: users })
    expectTypeOf(each).toEqualTypeOf<Handle<User[]>>()
    const call = p.call('call', users, { needs: { input }, input: ({ input }) => ({ id: input[0]! }) })
    expectTypeOf(call).toEqualTypeOf<Handle<User>>()
    const loop = p.loop('loop', increment, { input: () => 0, until: (n, iterations) => n > iterations, max: 3 })
    expectTypeOf(loop).toEqualTypeOf<Handle<number>>()
    const fallback = p.fallback('fallback', { alternatives: { a: () => Math.random(), b: () => Math.random() } })
    expectTypeOf(fallback).toEqualTypeOf<Handle<number>>()
    const mixed = p.fallback('mixed', { alternatives: { a: () => Math.random(), b: async () => String(1) } })
    expectTypeOf(mixed).toEqualTypeOf<Handle<number | string>>()
    const group = p.group('group', {
      steps: { a: () => Math.random(), b: async () => String(1), c: { run: () => Math.random() > 0.5 } },
    })
    expectTypeOf(group.a).toEqualTypeOf<Handle<number>>()
    expectTypeOf(group.b).toEqualTypeOf<Handle<string>>()
    expectTypeOf(group.c).toEqualTypeOf<Handle<boolean>>()
    // @ts-expect-error -- the group has no such step
    see(group.d)
    return { map, holes, stream, each, call, loop, fallback, mixed, ...group }
  })
})

test('a select is possibly undefined unless one of its handles always has an output', () => {
  pipeline('p', (p) => {
    const maybe = p.step('maybe', { when: () => true, run: () => 1 })
    const text = p.step('text', { optional: true, run: () => 'text' })
    const sure = p.step('sure', { run: () => true })
    const open = p.select('open', [maybe, text])
    const closed = p.select('closed', [maybe, text, sure])
    expectTypeOf(open).toEqualTypeOf<Handle<number | string | undefined>>()
    expectTypeOf(closed).toEqualTypeOf<Handle<number | string | boolean>>()
    return { open, closed }
  })
})

test('pipelines inside get the input they take', () => {
  pipeline('p', (p) => {
    // @ts-expect-error -- a number in place of the id
    p.call('call', users, { input: () => ({ id: 1 }) })
    // @ts-expect-error -- items that it does not take
    p.map('map', { over: () => [1], run: users })
    // @ts-expect-error -- its output is not its input
    p.loop('loop', lengthOf, { input: () => 'text', until: () => true, max: 1 })
    // @ts-expect-error -- the state is a number
    p.loop('state', increment, { input: () => 'a', until: () => true, max: 1 })
    return p.step('end', { run: () => 1 })
  })
})

test('a standalone step is bound to what it reads', () => {
  const charge = defineStep({
    uses: { db: Db },
    run: ({ amount }: { amount: number }, { use }) => `${amount} ${use.db.find('1').id}`,
  })
  expectTypeOf(charge.run).parameter(0).toEqualTypeOf<{ amount: number }>()
  pipeline('p', { input: type<number>() }, (p, input) => {
    const text = p.step('text', { run: () => 'text' })
    const bound = p.step('bound', { ...charge, needs: { amount: input } })
    expectTypeOf(bound).toEqualTypeOf<Handle<string, Readonly<Record<'db', Database>>>>()
    // @ts-expect-error -- a text in place of the amount
    p.step('wrong', { ...charge, needs: { amount: text } })
    // @ts-expect-error -- the amount is missing
    p.step('missing', { ...charge, needs: { input } })
    return bound
  })
})

test('a run takes the input of the pipeline, or none', () => {
  const needy = pipeline('p', { input: type<{ id: string }>() }, (_, input) => input)
  const free = pipeline('p', (p) => p.step('a', { run: () => 1 }))
  expectTypeOf(run(needy, { id: '1' })).toEqualTypeOf<Promise<{ id: string }>>()
  expectTypeOf(run(free)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(start(free, undefined, { paused: true }).output).toEqualTypeOf<Promise<number>>()
  // @ts-expect-error -- the input is missing
  void run(needy)
  // @ts-expect-error -- the id is missing
  void run(needy, {})
  // @ts-expect-error -- there is no input
  void run(free, { id: '1' })
  // @ts-expect-error -- only `start` can begin paused
  void run(free, undefined, { paused: true })
})

test('a service that is missing does not compile, wherever it is used', () => {
  const inner = pipeline('inner', (p) => p.step('a', { uses: { db: Db }, run: (_, { use }) => use.db.find('1') }))
  const both = pipeline('both', (p) => {
    const call = p.call('call', inner, { input: () => undefined })
    const mail = p.step('mail', { uses: { mail: Mail }, run: (_, { use }) => use.mail('you') })
    return p.step('end', { needs: { call }, after: [mail], run: ({ call }) => call.id })
  })
  expectTypeOf(run(inner, undefined, { services: { db } })).toEqualTypeOf<Promise<User>>()
  expectTypeOf(createPipe({ services: { db } }).run(inner)).toEqualTypeOf<Promise<User>>()
  void createPipe({ services: { db } }).run(both, undefined, { services: { mail: () => undefined } })
  // @ts-expect-error -- no services at all
  void run(inner)
  // @ts-expect-error -- another service
  void run(inner, undefined, { services: { mail: () => undefined } })
  // @ts-expect-error -- not what the service is
  void run(inner, undefined, { services: { db: 1 } })
  // @ts-expect-error -- `mail` is missing, it is used by a step that is only come after
  void createPipe({ services: { db } }).run(both)
  // @ts-expect-error -- the pipe has another kind of `db`
  void createPipe({ services: { db: 'main' } }).run(inner)

  pipeline('p', (p) => {
    // @ts-expect-error -- not among `uses`
    p.step('a', { run: (_, { use }) => see(use.db) })
    // @ts-expect-error -- read-only
    return p.step('b', { uses: { db: Db }, run: (_, ctx) => (ctx.use = { db }) })
  })
})

test('the output of a pipeline is what its definition returned', () => {
  const record = pipeline('p', (p) => ({ a: p.step('a', { run: () => 1 }), b: p.step('b', { run: async () => 'b' }) }))
  expectTypeOf(record).toEqualTypeOf<Pipeline<void, { a: number; b: string }>>()
  // @ts-expect-error -- not handles
  pipeline('p', () => ({ a: 1 }))
  // @ts-expect-error -- must be synchronous
  pipeline('p', async (p) => p.step('a', { run: () => 1 }))
})
