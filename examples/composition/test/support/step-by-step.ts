import { treeOf } from './spans.ts'
import type { Seen } from './witness.ts'

/**
 * What was seen, step by step: what happens in the same moment side by side may come in another order, since middleware
 * takes a few turns of the queue of promises.
 */
export function stepByStep({ result, events, lines, series, spans, shown, stored, ...others }: Seen) {
  const { reports: _, ...outcome } = result
  const told = events.map((event) => (event.type === 'run:end' ? { ...event, result: outcome } : event))
  return {
    outcome,
    events: Object.groupBy(told, (event) => ('stepId' in event ? event.stepId : '')),
    logging: Object.groupBy(lines, (line) => String(line['pipe.step.path'])),
    metrics: series.toSorted(),
    tracing: treeOf(spans).toSorted(),
    progress: shown.toSorted(),
    durable: stored,
    others,
  }
}
