/* What the branches of a group and a fallback are given, and what they give. Checked by `tsc`; never run. */
import { defineStep, type Handle, type MaybeHandle, pipeline, type Pipeline, service, type } from '@pipe/core'
import { expectTypeOf, test } from 'vitest'
import './support/options.ts'

interface Bank {
  readonly charge: (amount: number) => string
}
interface Mail {
  readonly send: (text: string) => boolean
}
const Bank = service<Bank>()('bank')
const Mail = service<Mail>()('mail')
type NeedsBank = { readonly bank: Bank }
type NeedsMail = { readonly mail: Mail }
declare const see: (...values: readonly unknown[]) => void

const charge = defineStep({
  uses: { bank: Bank },
  run: ({ amount }: { amount: number }, { use }) => use.bank.charge(amount),
  undo: (receipt, { use }) => use.bank.charge(-receipt.length),
})

test('a branch is a function or a step, with options of its own', () => {
  pipeline('p', { input: type<{ amount: number }>() }, (p) => {
    const { a, b, c, d } = p.group('g', {
      uses: { mail: Mail },
      steps: {
        a: ({ input }, { use }) => [input.amount, use.mail.send('a')] as const,
        b: async () => 'text',
        c: { run: async ({ input }, { use }) => use.mail.send(`${input.amount}`), colour: 'red', version: '2' },
        d: { run: () => 1 },
      },
    })
    expectTypeOf(a).toEqualTypeOf<Handle<readonly [number, boolean], NeedsMail>>()
    expectTypeOf(b).toEqualTypeOf<Handle<string, NeedsMail>>()
    expectTypeOf(c).toEqualTypeOf<Handle<boolean, NeedsMail>>()
    expectTypeOf(d).toEqualTypeOf<Handle<number, NeedsMail>>()
    // @ts-expect-error -- a value it may not have
    p.group('value', { steps: { a: { colour: 'green', run: () => 1 } } })
    // @ts-expect-error -- an option that no plugin has declared
    p.group('option', { steps: { a: { retry: 3, run: () => 1 } } })
    // @ts-expect-error -- conditions are for all alternatives together
    p.fallback('condition', { alternatives: { a: { when: () => true, run: () => 1 } } })
    // @ts-expect-error -- not among the needs
    p.group('needs', { steps: { a: ({ input, b }) => see(input, b) } })
    return { a, b, c, d }
  })
})

test('a branch brings its services along', () => {
  pipeline('p', { input: type<number>() }, (p, input) => {
    const paid = p.fallback('paid', {
      needs: { amount: input },
      alternatives: {
        whole: charge,
        spread: { ...charge, version: '2' },
        inline: { uses: { mail: Mail }, run: ({ amount }, { use }) => String(use.mail.send(`${amount}`)) },
        plain: ({ amount }) => `${amount}`,
      },
    })
    expectTypeOf(paid).toEqualTypeOf<Handle<string, NeedsBank | NeedsMail>>()
    const group = p.group('group', { needs: { amount: input }, steps: { charge, plain: () => 1 } })
    expectTypeOf(group.charge).toEqualTypeOf<Handle<string, NeedsBank>>()
    expectTypeOf(group.plain).toEqualTypeOf<Handle<number>>()
    const shared = p.fallback('shared', {
      when: () => true,
      uses: { mail: Mail },
      alternatives: { a: { uses: { bank: Bank }, run: (_, { use }) => [use.bank.charge(1), use.mail.send('b')] } },
    })
    expectTypeOf(shared).toEqualTypeOf<MaybeHandle<(string | boolean)[], NeedsBank | NeedsMail>>()
    const renamed = p.group('renamed', {
      uses: { it: Mail },
      steps: { a: { uses: { it: Bank }, run: (_, { use }) => use.it.charge(1) } },
    })
    // @ts-expect-error -- neither the branch nor the fallback uses it
    p.fallback('unused', { alternatives: { a: { run: (_, { use }) => see(use.bank) } } })
    // @ts-expect-error -- there is no amount
    p.fallback('needs', { alternatives: { a: charge } })
    // @ts-expect-error -- not a service
    p.fallback('service', { alternatives: { a: { uses: { bank: 1 }, run: () => 1 } } })
    return { paid, ...group, shared, ...renamed }
  })
})

test('the undo of a branch gets its output: inferred where `run` has no parameters, checked where it is annotated', () => {
  const p = pipeline('p', { input: type<number>() }, (p) => {
    p.group('wrong', {
      // @ts-expect-error -- not what `run` returns
      steps: { a: { run: ({ input }) => input, undo: (text: string) => see(text) } },
    })
    return p.group('g', {
      steps: {
        inferred: { run: async () => 'text', undo: (text) => expectTypeOf(text).toEqualTypeOf<string>() },
        annotated: { run: ({ input }) => input, undo: (n: number, { stepId }) => [n, stepId] },
        unknown: { run: ({ input }) => input, undo: (n, { stepId }) => [expectTypeOf(n).toBeUnknown(), stepId] },
        plain: ({ input }) => [input],
      },
    })
  })
  expectTypeOf(p).toEqualTypeOf<
    Pipeline<number, { inferred: string; annotated: number; unknown: number; plain: number[] }>
  >()
})
