import type { RunResult, StepResult } from '@pipe/core'
import { time } from './draw.ts'

/** A step that has started, with what to call it. */
interface Row {
  readonly label: string
  readonly step: StepResult
  readonly from: number
  readonly ms: number
}

/**
 * When each step of a run ran, as bars of text. Steps inside the items of a map are left out.
 *
 * @param width columns to fill
 */
export function timeline(result: RunResult, width: number): string[] {
  const rows = Object.entries(result.steps).flatMap(([id, step]) => rowOf(id, step, result.startedAt))
  const name = Math.max(0, ...rows.map(({ label }) => label.length))
  const room = Math.max(10, width - name - 10)
  const columns = (ms: number) => (ms / Math.max(result.durationMs, 1)) * room
  return rows.map(({ label, step, from, ms }) => {
    const before = Math.min(Math.floor(columns(from)), room - 1)
    const bar = step.status === 'failed' ? '░' : '█'
    const drawn = ' '.repeat(before) + bar.repeat(Math.max(1, Math.min(Math.round(columns(ms)), room - before)))
    return `${label.padEnd(name)} ${drawn.padEnd(room)} ${time(ms)}`
  })
}

function rowOf(id: string, step: StepResult, start: number): Row[] {
  if (step.startedAt === undefined || step.durationMs === undefined || id.includes(']/')) return []
  const item = /^(.*)\[(.*)\]$/.exec(id)
  const path = (item?.[1] ?? id).split('/')
  const label = item === null ? '  '.repeat(path.length - 1) + path.at(-1)! : `${'  '.repeat(path.length)}${item[2]!}`
  return [{ label, step, from: step.startedAt - start, ms: step.durationMs }]
}
