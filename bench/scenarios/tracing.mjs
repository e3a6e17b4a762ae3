// What spans add to a step that succeeds: a chain of `async (x) => x + 1`, traced by @pipe/tracing and by hand.
import { addsAtMost, atMost } from '../lib/bars.mjs'
import { expect, increments } from '../lib/work.mjs'
import { chains } from '../peers/traced.mjs'

const test = { unit: 'step', config: { steps: 1000 } }

export const cases = [
  {
    ...test,
    name: 'tracing-off',
    title: '1,000 steps with a tracing plugin, and nobody who records spans',
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:tracing', 'pipe:tracing-noop', 'hand:noop'],
    bars: { 'pipe:tracing': addsAtMost(50, 'pipe:chain'), 'pipe:tracing-noop': addsAtMost(500, 'pipe:chain') },
  },
  {
    ...test,
    name: 'tracing-sdk',
    title: '1,000 steps with a span each',
    limit: 'hand:sdk',
    peers: ['pipe:tracing-sdk', 'hand:sdk'],
    bars: { 'pipe:tracing-sdk': atMost(2, 'hand:sdk') },
  },
]

export function prepare(name, { steps }) {
  const chain = chains[name]()(increments(steps))
  return { units: steps, run: () => chain(0), check: (answer) => expect(answer, steps, 'answer') }
}
