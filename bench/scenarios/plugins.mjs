// What plugins add to a step that succeeds: a chain of `async (x) => x + 1`, each with three retries and five seconds a try.
import { addsAtMost, atMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, increments } from '../lib/work.mjs'

const test = { unit: 'step', limit: 'hand' }

export const cases = [
  {
    ...test,
    name: 'resilience',
    title: '1,000 steps with retry and timeout, all of which succeed',
    config: { steps: 1000 },
    peers: ['hand:chain', 'hand', 'pipe:chain', 'pipe', 'pipe:retry', 'pipe:timeout', 'cockatiel', 'p-retry', 'effect'],
    bars: { pipe: addsAtMost(100, 'pipe:chain') },
  },
  {
    ...test,
    name: 'idle-plugins',
    title: '1,000 steps, and plugins that have nothing to do with them',
    config: { steps: 1000 },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:idle', 'pipe:wrapped'],
    bars: { 'pipe:idle': atMost(1.05, 'pipe:chain') },
  },
  {
    ...test,
    name: 'logging',
    title: '1,000 steps, with loggers that write nothing',
    config: { steps: 1000 },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:logging', 'pipe:logging-off', 'pipe:logging-pino', 'pipe:logging-lines'],
    bars: { 'pipe:logging': addsAtMost(600, 'pipe:chain'), 'pipe:logging-off': addsAtMost(600, 'pipe:chain') },
  },
]

/** Variants without plugins that do something. */
const plain = { chain: undefined, idle: 'idle', wrapped: 'wrapped' }

export async function prepare(name, { steps }) {
  const { peer, variant } = await loadPeer(name)
  const functions = increments(steps)
  const chain =
    variant in plain
      ? peer.chain(functions, plain[variant])
      : await (variant?.startsWith('logging') ? peer.loggedChain : peer.resilientChain)(functions, variant)
  return { units: steps, run: () => chain(0), check: (answer) => expect(answer, steps, 'answer') }
}
