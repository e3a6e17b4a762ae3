import { expect } from 'vitest'
import type { Seen } from './witness.ts'

const STATUSES = ['succeeded', 'restored', 'failed', 'skipped', 'cancelled']

/** Events, lines, spans and metrics say the same of what has happened. */
export function expectOneStory(seen: Seen): void {
  const retries = seen.events.filter(({ type }) => type === 'step:retry').length
  expect(linesOf(seen, 'step.retry')).toBe(retries)
  expect(sum(seen, 'pipe_step_retries_total')).toBe(retries)
  const retriesInSpans = seen.spans.flatMap(({ events }) => events).filter(({ name }) => name === 'pipe.retry')
  expect(retriesInSpans).toHaveLength(retries)
  for (const status of STATUSES) {
    const label = `status="${status}"`
    const [steps, items] = [endsOf(seen, 'step:end', status), endsOf(seen, 'map:item', status)]
    expect(sum(seen, 'pipe_steps_total', label), status).toBe(steps)
    expect(sum(seen, 'pipe_map_items_total', label), status).toBe(items)
    expect(linesOf(seen, `step.${status}`)).toBe(steps)
    expect(linesOf(seen, `item.${status}`)).toBe(items)
  }
  expect(sum(seen, 'pipe_active_steps') + sum(seen, 'pipe_active_runs')).toBe(0)
}

/** How many steps, or items, have ended so. */
export const endsOf = ({ events }: Seen, type: 'step:end' | 'map:item', status: string): number =>
  events.filter((event) => event.type === type && 'status' in event && event.status === status).length

const linesOf = ({ lines }: Seen, event: string) => lines.filter((line) => line['pipe.event'] === event).length

/** The sum of the series with that name, and that label if it is given. */
const sum = ({ series }: Seen, name: string, label = '') =>
  series
    .filter((line) => line.startsWith(`${name}{`) && line.includes(label))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
