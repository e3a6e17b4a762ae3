/* What compiles and what does not. Checked by `tsc`; never run. */
import {
  type AnyPipeline,
  definePlugin,
  defineStep,
  type Handle,
  type MaybeHandle,
  type RunContext,
  pipeline,
  type Pipeline,
  plan,
  service,
  start,
  type,
} from '@pipe/core'
import { expectTypeOf, test } from 'vitest'
import './support/options.ts'
import './support/reports.ts'

interface User {
  readonly id: string
  readonly vip: boolean
}
interface Database {
  readonly find: (id: string) => User
}
const Db = service<Database>()('db')
declare const see: (...values: readonly unknown[]) => void
declare const users: Pipeline<{ readonly id: string }, User>
declare const increment: Pipeline<number, number>
declare const lengthOf: Pipeline<string, number>
declare const free: Pipeline<void, number>
declare const open: Pipeline<string | undefined, number>
declare const many: Pipeline<readonly string[], number>
declare const kinds: Pipeline<{ readonly kind: 'a' | 'b' }, number>

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
    expectTypeOf(when).toEqualTypeOf<MaybeHandle<number>>()
    expectTypeOf(when).toExtend<Handle<number | undefined>>()
    expectTypeOf(optional).toEqualTypeOf<MaybeHandle<number>>()
    expectTypeOf(required).toEqualTypeOf<Handle<number>>()
    p.step('reads', {
      needs: { when, required },
      run: (needs) =>
        expectTypeOf(needs).toEqualTypeOf<{ readonly when: number | undefined; readonly required: number }>(),
    })
    // @ts-expect-error -- must be a boolean
    p.step('truthy', { when: () => 1, run: () => 1 })
    // @ts-expect-error -- it may be undefined
    p.step('after', { needs: { when }, run: ({ when }) => when.toFixed() })
    const called = p.call('called', users, { when: () => true, input: () => ({ id: '1' }) })
    expectTypeOf(called).toEqualTypeOf<MaybeHandle<User>>()
    return { when, optional, required }
  })
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
    expectTypeOf(open).toEqualTypeOf<MaybeHandle<number | string>>()
    expectTypeOf(closed).toEqualTypeOf<Handle<number | string | boolean>>()
    const nested = p.select('nested', [open, sure])
    expectTypeOf(nested).toEqualTypeOf<Handle<number | string | boolean>>()
    // Of a list of unknown length nobody knows whether it has one.
    const list = [maybe, sure]
    expectTypeOf(p.select('list', list)).toEqualTypeOf<MaybeHandle<number | boolean>>()
    return { open, closed, nested }
  })
})

test('a select is possibly undefined when a handle may succeed with undefined: that one wins', () => {
  pipeline('p', (p) => {
    const found = p.step('found', { run: (): string | undefined => ['a'][1] })
    const nothing = p.step('nothing', { when: () => true, run: async () => undefined })
    const sure = p.step('sure', { run: () => 1 })
    const chosen = p.select('chosen', [found, sure])
    expectTypeOf(chosen).toEqualTypeOf<Handle<string | number | undefined>>()
    expectTypeOf(p.select('none', [nothing, sure])).toEqualTypeOf<Handle<number | undefined>>()
    // A helper that says less of a handle than there is to know makes the selection say less, not something wrong.
    const vague: Handle<string | undefined> = p.step('vague', { optional: true, run: () => 'text' })
    expectTypeOf(p.select('also', [vague, sure])).toEqualTypeOf<Handle<string | number | undefined>>()
    return chosen
  })
})

test('pipelines inside get the input they take', () => {
  pipeline('p', (p) => {
    // @ts-expect-error -- a number in place of the id
    p.call('call', users, { input: () => ({ id: 1 }) })
    // @ts-expect-error -- the input is missing
    p.call('call', users, {})
    // @ts-expect-error -- the specification is missing, and with it the input
    p.call('call', users)
    // @ts-expect-error -- not what the condition reads
    p.call('call', users, { when: ({ user }) => Boolean(user), input: () => ({ id: '1' }) })
    // @ts-expect-error -- items that it does not take
    p.map('map', { over: () => [1], run: users })
    // @ts-expect-error -- its output is not its input
    p.loop('loop', lengthOf, { input: () => 'text', until: () => true, max: 1 })
    // @ts-expect-error -- the state is a number
    p.loop('state', increment, { input: () => 'a', until: () => true, max: 1 })
    const text = p.step('text', { run: () => 'text' })
    // @ts-expect-error -- a handle of something else
    p.call('handle', users, { input: text })
    // @ts-expect-error -- a handle of something else
    p.loop('handle', increment, { input: text, until: () => true, max: 1 })
    return p.step('end', { run: () => 1 })
  })
})

test('a call takes a handle in place of the function, and needs neither without an input', () => {
  pipeline('p', { input: type<{ id: string }>() }, (p, input) => {
    const id = p.step('id', { uses: { db: Db }, run: ({ input }) => ({ id: input.id, vip: true }) })
    expectTypeOf(p.call('input', users, { input })).toEqualTypeOf<Handle<User>>()
    const called = p.call('called', users, { input: id })
    expectTypeOf(called).toEqualTypeOf<Handle<User, { readonly db: Database }>>()
    const maybe = p.call('maybe', users, { needs: { id }, when: ({ id }) => id.vip, input })
    expectTypeOf(maybe).toEqualTypeOf<MaybeHandle<User, { readonly db: Database }>>()
    const kind = p.call('kind', kinds, { input: ({ input }) => ({ kind: input.id === '1' ? 'a' : 'b' }) })
    expectTypeOf(kind).toEqualTypeOf<Handle<number>>()
    const one = p.step('one', { uses: { db: Db }, run: () => 1 })
    const loop = p.loop('loop', increment, { input: one, until: (n) => n > 1, max: 3 })
    expectTypeOf(loop).toEqualTypeOf<Handle<number, { readonly db: Database }>>()

    expectTypeOf(p.call('bare', free)).toEqualTypeOf<Handle<number>>()
    expectTypeOf(p.call('empty', free, {})).toEqualTypeOf<Handle<number>>()
    expectTypeOf(p.call('optional', free, { optional: true })).toEqualTypeOf<MaybeHandle<number>>()
    expectTypeOf(p.call('open', open)).toEqualTypeOf<Handle<number>>()
    expectTypeOf(p.call('given', open, { input: () => 'text' })).toEqualTypeOf<Handle<number>>()
    return { called, maybe, kind, loop }
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
    expectTypeOf(bound).toEqualTypeOf<Handle<string, { readonly db: Database }>>()
    const inline = p.step('inline', defineStep({ run: async ({ input }: { input: number }) => [input] }))
    expectTypeOf(inline).toEqualTypeOf<Handle<number[]>>()
    const serviced = p.step('serviced', defineStep({ uses: { db: Db }, run: (_: object, { use }) => use.db.find('1') }))
    expectTypeOf(serviced).toEqualTypeOf<Handle<User, { readonly db: Database }>>()
    // @ts-expect-error -- nobody says what it reads
    defineStep({ run: ({ amount }) => see(amount) })
    // @ts-expect-error -- a text in place of the amount
    p.step('wrong', { ...charge, needs: { amount: text } })
    // @ts-expect-error -- the amount is missing
    p.step('missing', { ...charge, needs: { input } })
    return bound
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

test('every pipeline is some pipeline', () => {
  expectTypeOf<Pipeline<string, number, { readonly db: Database }>>().toExtend<AnyPipeline>()
  expectTypeOf(plan).parameter(0).toEqualTypeOf<AnyPipeline>()
  // @ts-expect-error -- not a pipeline
  plan({ name: 'p', version: undefined, input: undefined })
})

test('a run middleware reports what a plugin has declared', async () => {
  const { reports } = await start(users, { id: '1' }).result
  expectTypeOf(reports?.cost?.euros).toEqualTypeOf<number | undefined>()
  expectTypeOf(reports?.notes).toEqualTypeOf<readonly string[] | undefined>()
  // @ts-expect-error -- a result is not changed
  if (reports !== undefined) reports.notes = []

  const { report } = {} as RunContext
  report('cost', { euros: 1 })
  // @ts-expect-error -- a report has the type of its name
  report('cost', ['1 euro'])
  // @ts-expect-error -- nobody has declared it
  report('costs', { euros: 1 })
})

test('a plugin makes the fields that it has declared', () => {
  definePlugin({ name: 'a', context: { tenant: ({ runId }) => runId } })
  // @ts-expect-error -- a field has the type that was declared
  definePlugin({ name: 'a', context: { tenant: () => 1 } })
  // @ts-expect-error -- nobody has declared it
  definePlugin({ name: 'a', context: { tennant: () => 'north' } })
  pipeline('p', (p) =>
    p.step('a', { run: (_, { tenant }) => expectTypeOf(tenant).toEqualTypeOf<string | undefined>() }),
  )
})

test('a step that is declared where it is returned requires what it uses, and nothing else', () => {
  const record = pipeline('p', { input: type<readonly string[]>() }, (p, input) => ({
    step: p.step('step', { run: () => 1 }),
    checked: p.step('checked', { output: type<number>(), run: () => 1 }),
    standalone: p.step('standalone', defineStep({ run: () => 1 })),
    map: p.map('map', { over: ({ input }) => input, run: (text) => text.length }),
    each: p.map('each', { over: ({ input }) => input, run: lengthOf }),
    call: p.call('call', increment, { input: () => 1 }),
    bare: p.call('bare', free),
    empty: p.call('empty', free, {}),
    handed: p.call('handed', many, { input }),
    loop: p.loop('loop', increment, { input: () => 1, until: () => true, max: 1 }),
    select: p.select('select', [p.step('one', { run: () => 1 })]),
    fallback: p.fallback('fallback', { alternatives: { a: () => 1, b: { run: async () => 1 } } }),
    ...p.group('group', { steps: { a: () => 1, b: { run: async () => 1 } } }),
  }))
  type Lengths = 'map' | 'each'
  type Numbers = 'step' | 'checked' | 'standalone' | 'call' | 'bare' | 'empty' | 'handed' | 'loop' | 'select'
  type Branches = 'fallback' | 'a' | 'b'
  expectTypeOf(record).toExtend<
    Pipeline<readonly string[], Record<Lengths, number[]> & Record<Numbers | Branches, number>>
  >()
  const serviced = pipeline('p', (p) => ({
    map: p.map('map', { uses: { db: Db }, over: () => [1], run: (n) => n }),
    fallback: p.fallback('fallback', { alternatives: { a: { uses: { db: Db }, run: () => 1 } } }),
  }))
  expectTypeOf(serviced).toEqualTypeOf<Pipeline<void, { map: number[]; fallback: number }, { readonly db: Database }>>()
})
