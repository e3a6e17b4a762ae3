import { assign, createActor, fromPromise, setup, toPromise } from 'xstate'

export const chain = (functions) => {
  const actors = Object.fromEntries(functions.map((fn, index) => [`s${index}`, fromPromise(({ input }) => fn(input))]))
  const state = (index) => ({
    invoke: {
      src: `s${index}`,
      input: ({ context }) => context.value,
      onDone: {
        target: index + 1 < functions.length ? `s${index + 1}` : 'end',
        actions: assign({ value: ({ event }) => event.output }),
      },
    },
  })
  const machine = setup({ actors }).createMachine({
    context: ({ input }) => ({ value: input }),
    initial: 's0',
    states: { ...Object.fromEntries(functions.map((_, index) => [`s${index}`, state(index)])), end: { type: 'final' } },
    output: ({ context }) => context.value,
  })
  return (value) => {
    const actor = createActor(machine, { input: value })
    const output = toPromise(actor)
    actor.start()
    return output
  }
}
