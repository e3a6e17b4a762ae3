/* What a run takes. Checked by `tsc`; never run. */
import {
  type AnyPipeline,
  type CloseOptions,
  createPipe,
  pipeline,
  type Pipe,
  type Pipeline,
  type PipelineInput,
  type PipelineOutput,
  run,
  type RunArguments,
  type RunOptions,
  service,
  start,
  type StepContext,
  type,
} from '@pipe/core'
import { expectTypeOf, test } from 'vitest'

interface User {
  readonly id: string
}
interface Database {
  readonly find: (id: string) => User
}
const Db = service<Database>()('db')
const Mail = service<(to: string) => void>()('mail')
declare const db: Database
declare const mail: (to: string) => void
declare const see: (...values: readonly unknown[]) => void

const needy = pipeline('p', { input: type<{ id: string }>() }, (_, input) => input)
const free = pipeline('p', (p) => p.step('a', { run: () => 1 }))
const open = pipeline('p', { input: type<string | undefined>() }, (_, input) => input)
const inner = pipeline('inner', (p) => p.step('a', { uses: { db: Db }, run: (_, { use }) => use.db.find('1') }))
const both = pipeline('both', (p) => {
  const call = p.call('call', inner)
  const mail = p.step('mail', { uses: { mail: Mail }, run: (_, { use }) => use.mail('you') })
  return p.step('end', { needs: { call }, after: [mail], run: ({ call }) => call.id })
})

test('a run takes the input of the pipeline, or none', () => {
  expectTypeOf(run(needy, { id: '1' })).toEqualTypeOf<Promise<{ id: string }>>()
  expectTypeOf(run(free)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(run(open)).toEqualTypeOf<Promise<string | undefined>>()
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

test('what a pipeline takes and makes has a name', () => {
  expectTypeOf<PipelineInput<typeof needy>>().toEqualTypeOf<{ id: string }>()
  expectTypeOf<PipelineOutput<typeof both>>().toEqualTypeOf<string>()
  expectTypeOf<PipelineInput<typeof open>>().toEqualTypeOf<string | undefined>()
  expectTypeOf<() => PipelineInput<typeof free>>().toEqualTypeOf<() => void>()
  expectTypeOf(createPipe()).toExtend<Pipe>()
  expectTypeOf<Parameters<Pipe['close']>[0]>().toEqualTypeOf<CloseOptions | undefined>()
})

test('a pipeline whose types nobody knows runs with any input', () => {
  const unknown: Pipeline<unknown, unknown, unknown> = type<never>() as never
  const any: AnyPipeline = unknown
  void run(unknown, { id: '1' })
  void run(unknown)
  void run(any, undefined as never)
})

test('a service that is missing does not compile, wherever it is used', () => {
  expectTypeOf(inner).toEqualTypeOf<Pipeline<void, User, { readonly db: Database }>>()
  expectTypeOf(run(inner, undefined, { services: { db } })).toEqualTypeOf<Promise<User>>()
  expectTypeOf(createPipe({ services: { db } }).run(inner)).toEqualTypeOf<Promise<User>>()
  void createPipe({ services: { db } }).run(both, undefined, { services: { mail } })
  void createPipe({ services: { db, mail } }).run(both)
  void start(inner, undefined, { services: { db }, paused: true }).output
  // @ts-expect-error -- no services at all
  void run(inner)
  // @ts-expect-error -- no services at all
  void start(inner)
  // @ts-expect-error -- another service
  void run(inner, undefined, { services: { mail } })
  // @ts-expect-error -- not what the service is
  void run(inner, undefined, { services: { db: 1 } })
  // @ts-expect-error -- `mail` is missing, it is used by a step that is only come after
  void createPipe({ services: { db } }).run(both)
  // @ts-expect-error -- the pipe has another kind of `db`
  void createPipe({ services: { db: 'main' } }).run(inner)
  // @ts-expect-error -- the pipe has another kind of `db`, and the run gives none
  void createPipe({ services: { db: 'main' } }).run(inner, undefined, { services: {} })
  void createPipe({ services: { db: 'main' } }).run(inner, undefined, { services: { db } })
})

test('a service that a run gives in place of that of the pipe is of its type', () => {
  const pipe = createPipe({ services: { db } })
  void pipe.run(inner, undefined, { services: { db, other: 1 } })
  // @ts-expect-error -- not what the service is
  void pipe.run(inner, undefined, { services: { db: 1 } })
})

test('a dry run takes what a run takes, but may lack services: it says so', () => {
  const pipe = createPipe()
  void pipe.dryRun(free)
  void pipe.dryRun(both)
  void pipe.dryRun(both, undefined, { services: { db } })
  void pipe.dryRun(needy, { id: '1' }, { id: 'run-1' })
  // @ts-expect-error -- the input is missing
  void pipe.dryRun(needy)
  // @ts-expect-error -- the id is missing
  void pipe.dryRun(needy, {})
  // @ts-expect-error -- not what the service is
  void pipe.dryRun(both, undefined, { services: { db: 1 } })
})

test('a function around `run` takes what `run` takes', () => {
  function timed<I, O, Q>(
    pipeline: Pipeline<I, O, Q>,
    ...args: RunArguments<Pipeline<I, O, Q>, Record<never, never>, RunOptions>
  ) {
    return run(pipeline, ...args)
  }
  expectTypeOf(timed(needy, { id: '1' })).toEqualTypeOf<Promise<{ id: string }>>()
  void timed(free)
  void timed(inner, undefined, { services: { db } })
  // @ts-expect-error -- the input is missing
  void timed(needy)
  // @ts-expect-error -- the service is missing
  void timed(inner)
  type Arguments = RunArguments<typeof inner, { readonly db: Database }, RunOptions>
  expectTypeOf<[]>().toExtend<Arguments>()
})

test('a step uses the services it lists, and no others', () => {
  const find = (_: unknown, { use }: StepContext<{ db: typeof Db }>) => use.db.find('1')
  pipeline('p', (p) => {
    p.step('listed', { uses: { db: Db }, run: find, undo: (user, { use }) => use.db.find(user.id) })
    p.map('items', { uses: { db: Db }, over: () => [1], run: find, undo: (user, { use }) => use.db.find(user.id) })
    // @ts-expect-error -- not among `uses`
    p.step('inline', { run: (_, { use }) => see(use.db) })
    // @ts-expect-error -- not among `uses`
    p.step('other', { uses: { mail: Mail }, run: find })
    // @ts-expect-error -- not among `uses`
    p.map('other items', { over: () => [1], run: find })
    // @ts-expect-error -- not a service
    p.step('not a service', { uses: { db }, run: () => 1 })
    // @ts-expect-error -- read-only
    return p.step('changed', { uses: { db: Db }, run: (_, ctx) => (ctx.use = { db }) })
  })
})
