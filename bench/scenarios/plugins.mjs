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
    config: { steps: 1000, make: 'resilientChain' },
    peers: ['hand:chain', 'hand', 'pipe:chain', 'pipe', 'pipe:retry', 'pipe:timeout', 'cockatiel', 'p-retry', 'effect'],
    bars: { pipe: addsAtMost(100, 'pipe:chain') },
  },
  {
    ...test,
    name: 'idle-plugins',
    title: '1,000 steps, and plugins that have nothing to do with them',
    config: { steps: 1000 },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:idle', 'pipe:field', 'pipe:wrapped', 'pipe:derived'],
    bars: { 'pipe:idle': atMost(1.05, 'pipe:chain'), 'pipe:field': atMost(1.05, 'pipe:chain') },
  },
  {
    ...test,
    name: 'metrics',
    title: '1,000 steps, each measured: with a sink that does nothing, and with libraries',
    config: { steps: 1000, make: 'measuredChain' },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:observed', 'pipe:metrics', 'pipe:open-telemetry', 'pipe:prometheus'],
    bars: { 'pipe:metrics': addsAtMost(600, 'pipe:chain') },
  },
  {
    ...test,
    name: 'logging',
    title: '1,000 steps, with loggers that write nothing',
    config: { steps: 1000, make: 'loggedChain' },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:logging', 'pipe:logging-off', 'pipe:logging-pino', 'pipe:logging-lines'],
    bars: { 'pipe:logging': addsAtMost(600, 'pipe:chain'), 'pipe:logging-off': addsAtMost(600, 'pipe:chain') },
  },
  {
    ...test,
    name: 'watched',
    title: '1,000 steps, logged, measured and traced at once, all by sinks that do nothing',
    config: { steps: 1000, make: 'watchedChain' },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:logging', 'pipe:metrics', 'pipe:tracing', 'pipe:logging+metrics', 'pipe'],
    bars: { pipe: addsAtMost(2_000, 'pipe:chain') },
  },
  {
    ...test,
    name: 'progress',
    title: '1,000 steps whose progress is shown to nobody: silently, drawn, in lines',
    config: { steps: 1000, make: 'shownChain' },
    limit: 'pipe:chain',
    peers: ['pipe:chain', 'pipe:idle', 'pipe:observed', 'pipe:silent', 'pipe:live', 'pipe:plain'],
    bars: { 'pipe:silent': atMost(1.05, 'pipe:idle') },
  },
]

/** Variants without options of plugins. */
const plain = {
  chain: undefined,
  observed: 'observed',
  idle: 'idle',
  field: 'field',
  wrapped: 'wrapped',
  derived: 'derived',
}

export async function prepare(name, { steps, make }) {
  const { peer, variant } = await loadPeer(name)
  const functions = increments(steps)
  const chain = variant in plain ? peer.chain(functions, plain[variant]) : await peer[make](functions, variant)
  return { units: steps, run: () => chain(0), check: (answer) => expect(answer, steps, 'answer') }
}
