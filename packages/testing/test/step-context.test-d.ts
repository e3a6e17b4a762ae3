import {
  type AttemptMiddleware,
  defineStep,
  type Handle,
  type ItemContext,
  service,
  type StepContext,
  type StepMiddleware,
} from '@pipe/core'
import { expectTypeOf, test } from 'vitest'
import { stepContext } from '../src/index.ts'

declare module '@pipe/core' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- merged interfaces have the same parameters
  interface StepContext<U> {
    readonly tenant?: string
  }
}

interface Bank {
  charge(amount: number): Promise<string>
}
const Bank = service<Bank>()('bank')
const bank: Bank = { charge: async (amount) => `receipt of ${amount}` }
const charge = defineStep({
  uses: { bank: Bank },
  run: ({ amount }: { amount: number }, { use }) => use.bank.charge(amount),
})
type Mapped = (item: string, ctx: ItemContext<{ rate: Handle<number> }, { bank: typeof Bank }>) => Promise<string>

test('the services are those of the step that the context goes to', () => {
  expectTypeOf(charge.run).toBeCallableWith({ amount: 1 }, stepContext({ use: { bank } }))
  // what is written in place knows its types from there
  void charge.run({ amount: 1 }, stepContext({ use: { bank: { charge: async (amount) => amount.toFixed(2) } } }))
  // @ts-expect-error -- there is no bank
  void charge.run({ amount: 1 }, stepContext({ use: {} }))
  // @ts-expect-error -- that is no bank
  void charge.run({ amount: 1 }, stepContext({ use: { bank: { charge: (amount: string) => amount } } }))
})

test('a context of its own knows what it was given', () => {
  const ctx = stepContext({ use: { bank }, tenant: 'north' })
  expectTypeOf(ctx.use.bank).toEqualTypeOf<Bank>()
  expectTypeOf(ctx.tenant).toEqualTypeOf<string>()
  expectTypeOf(charge.run).toBeCallableWith({ amount: 1 }, ctx)
  expectTypeOf(stepContext().tenant).toEqualTypeOf<string | undefined>()
  const none = stepContext()
  expectTypeOf(none).toExtend<StepContext>()
  // @ts-expect-error -- there is no bank
  void charge.run({ amount: 1 }, none)
})

test('the services may be said', () => {
  expectTypeOf(stepContext<{ bank: typeof Bank }>({ use: { bank } })).toExtend<StepContext<{ bank: typeof Bank }>>()
  // @ts-expect-error -- there is no bank
  stepContext<{ bank: typeof Bank }>({ use: {} })
})

test('the function of a map gets what the map reads', () => {
  const convert: Mapped = (item, { needs, use }) => use.bank.charge(item.length * needs.rate)
  void convert('lamp', stepContext({ key: 'lamp', needs: { rate: 2 }, use: { bank } }))
  // @ts-expect-error -- there are no needs
  void convert('lamp', stepContext({ use: { bank } }))
})

test('middleware gets what the step reads, and the item', () => {
  const around: StepMiddleware = (_, next) => next()
  void around(stepContext({ needs: { user: 1 }, item: 'lamp' }), () => 1)
  const inside: AttemptMiddleware = (_, next) => next()
  void inside(stepContext({ needs: {}, abort: () => undefined, defer: (cleanup) => cleanup() }), () => 1)
  // @ts-expect-error -- there is nothing to end the attempt with
  void inside(stepContext({ needs: {} }), () => 1)
})

test('a field has its type, and a name that no field has is an error', () => {
  // @ts-expect-error -- a number
  stepContext({ attempt: '2' })
  // @ts-expect-error -- there is no such field
  stepContext({ tennant: 'north' })
})
