// An event for 0, 1 and 5 synchronous observers that count, against direct calls of them. Observing is what Pipe's engine
// does for every step when somebody listens.
import { atMost, nsAtMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect } from '../lib/work.mjs'

const EVENTS = 100_000

export const cases = [0, 1, 5].map((count) => ({
  name: `observers-${count}`,
  title: `an event for ${count} observer${count === 1 ? '' : 's'}`,
  unit: 'event',
  config: { count },
  limit: 'hand',
  peers: ['hand', 'hand:guarded', 'pipe', 'tapable', 'event-emitter'],
  bars: { pipe: count === 0 ? nsAtMost(5) : atMost(1.2) },
}))

export async function prepare(name, { count }) {
  const { peer, variant } = await loadPeer(name)
  let attempts = 0
  const listeners = Array.from({ length: count }, () => (event) => {
    attempts += event.attempts
  })
  const emit = peer.observers(listeners, variant)
  const event = { runId: '1', pipeline: 'p', stepId: 's', at: 0, status: 'succeeded', attempts: 1, durationMs: 1 }
  const run = () => {
    attempts = 0
    for (let i = 0; i < EVENTS; i++) emit(event)
    return attempts
  }
  return { units: EVENTS, run, check: (seen) => expect(seen, EVENTS * count, 'number of attempts') }
}
