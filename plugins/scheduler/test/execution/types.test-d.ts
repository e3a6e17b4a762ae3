/* What executions take and give. Checked by `tsc`; never run. */
import { createPipe, pipeline, service, type } from '@pipe/core'
import { expectTypeOf, test } from 'vitest'
import { type Blackboard, blackboard, type BlackboardOf, createExecution, type Execution } from '../../src/index.ts'

const pipe = createPipe()
const Battery = blackboard<{ battery: number }>()
const Route = blackboard<{ route: readonly string[]; note?: string }>()
const Notes = blackboard<{ note?: string }>()
const Db = service<{ readonly name: string }>()('db')
const db = { name: 'db' }

const plain = pipeline('plain', (p) => p.step('a', { run: () => 1 }))
const withInput = pipeline('in', { input: type<{ id: string }>() }, (p, input) =>
  p.step('a', { needs: { input }, run: () => 1 }),
)
const driving = pipeline('driving', (p) => {
  const a = p.step('a', { uses: { board: Battery }, run: (_, { use }) => use.board.get('battery') })
  const b = p.step('b', { uses: { on: Route }, run: (_, { use }) => use.on.get('route') })
  return { a, b }
})
const calling = pipeline('calling', (p) => {
  const call = p.call('call', driving)
  return p.step('c', { needs: { call }, uses: { db: Db, notes: Notes }, run: ({ call }) => call.a })
})
const noting = pipeline('noting', (p) => p.step('a', { uses: { notes: Notes }, run: () => 'x' }))
const torn = pipeline('torn', (p) => {
  const a = p.step('a', { uses: { board: Battery }, run: () => 1 })
  return p.step('b', { after: [a], uses: { board: blackboard<{ battery: string }>() }, run: () => 1 })
})

test('the blackboard is what the steps see of it, together', () => {
  const execution = createExecution(pipe, driving, undefined, { blackboard: { battery: 1, route: [] } })
  expectTypeOf(execution.blackboard.get('battery')).toEqualTypeOf<number>()
  expectTypeOf(execution.blackboard.get('route')).toEqualTypeOf<readonly string[]>()
  expectTypeOf(execution.blackboard.get('note')).toEqualTypeOf<string | undefined>()
  expectTypeOf(execution).toExtend<
    Execution<{ battery: number } & { route: readonly string[]; note?: string }, object>
  >()
  execution.blackboard.delete('note')
  expectTypeOf(execution.history.at(1)?.blackboard.battery).toEqualTypeOf<number | undefined>()
  expectTypeOf(execution.history.changes(1, 2).blackboard.route?.to).toEqualTypeOf<readonly string[] | undefined>()
  // @ts-expect-error -- a step relies on it
  execution.blackboard.delete('battery')
  // @ts-expect-error -- there is no such key
  execution.blackboard.get('speed')
  // @ts-expect-error -- a number
  execution.blackboard.set('battery', 'full')
  // @ts-expect-error -- a number
  execution.blackboard.update('battery', () => 'full')
})

test('an initial blackboard must be there if a step needs one', () => {
  // @ts-expect-error -- a blackboard
  createExecution(pipe, driving)
  // @ts-expect-error -- a blackboard
  createExecution(pipe, driving, undefined, {})
  // @ts-expect-error -- the route is missing
  createExecution(pipe, driving, undefined, { blackboard: { battery: 1 } })
  // @ts-expect-error -- a number
  createExecution(pipe, driving, undefined, { blackboard: { battery: '1', route: [] } })
  // @ts-expect-error -- steps that contradict each other
  createExecution(pipe, torn, undefined, { blackboard: { battery: 1 } })
  createExecution(pipe, plain)
  createExecution(pipe, plain, undefined, {})
  createExecution(pipe, noting)
  createExecution(pipe, noting, undefined, { blackboard: { note: 'x' } })
})

test('services must be there that the pipe has not', () => {
  const initial = { battery: 1, route: [] }
  createExecution(createPipe({ services: { db } }), calling, undefined, { blackboard: initial })
  createExecution(pipe, calling, undefined, { blackboard: initial, services: { db } })
  // @ts-expect-error -- the database is missing
  createExecution(pipe, calling, undefined, { blackboard: initial })
  // @ts-expect-error -- another db
  createExecution(pipe, calling, undefined, { blackboard: initial, services: { db: 1 } })
  // @ts-expect-error -- the blackboard
  createExecution(pipe, calling, undefined, { services: { db } })
})

test('so must the input', () => {
  createExecution(pipe, withInput, { id: '1' })
  createExecution(pipe, withInput, { id: '1' }, { history: false })
  // @ts-expect-error -- the input
  createExecution(pipe, withInput)
  // @ts-expect-error -- the id is missing
  createExecution(pipe, withInput, {})
})

test('options of runs are those of the pipe, but for what a pass has of its own', () => {
  createExecution(pipe, plain, undefined, { run: { concurrency: 1, failure: 'continue', tags: { a: 'b' } } })
  // @ts-expect-error -- each pass has an id of its own
  createExecution(pipe, plain, undefined, { run: { id: '1' } })
  // @ts-expect-error -- manual is how it ticks when nobody starts it
  createExecution(pipe, plain).start({ mode: 'manual' })
})

test('a tick has the output of the pipeline when it has succeeded', async () => {
  const tick = await createExecution(pipe, plain).tick()
  expectTypeOf(tick.output).toEqualTypeOf<number | undefined>()
  if (tick.status === 'success') expectTypeOf(tick.output).toEqualTypeOf<number>()
  if (tick.status === 'failure') expectTypeOf(tick.error.code).toBeString()
})

test('events are typed, those of the pipe too', () => {
  const { events } = createExecution(pipe, plain)
  events.on('tick:end', ({ tick, executionId }) => [tick.toFixed(), executionId.length])
  events.on('execution:complete', ({ reason }) => expectTypeOf(reason).toEqualTypeOf<'terminal' | 'max-ticks'>())
  pipe.events.on('execution:stop', ({ status }) => expectTypeOf(status.ticksExecuted).toBeNumber())
  // @ts-expect-error -- an event of runs
  events.on('step:end', () => undefined)
})

test('a blackboard has a name for what a pipeline needs of it', () => {
  type Required = { readonly blackboard: Blackboard<{ a: 1 }> } | { readonly blackboard: Blackboard<{ b: 2 }> }
  expectTypeOf<BlackboardOf<Required | { readonly db: object }>>().toEqualTypeOf<{ a: 1 } & { b: 2 }>()
  expectTypeOf<BlackboardOf<never>>().toEqualTypeOf<Record<never, never>>()
})
