import type { RunResult, StepResult } from '@pipe/core'
import { time } from './draw.ts'

/** A step that has started, with what to call it. */
interface Row {
  readonly label: string
  readonly hasFailed: boolean
  /** Milliseconds since the run began. */
  readonly from: number
  readonly ms: number
}

/**
 * When each step of a run ran, as bars of text. Steps inside the items of a map are left out.
 *
 * @param width columns to fill
 */
export function timeline({ steps, startedAt, durationMs }: RunResult, width: number): string[] {
  const ids = new Set(Object.keys(steps))
  const rows = Object.entries(steps).flatMap(([id, step]) =>
    rowOf(labelOf(id, ids), step, startedAt, id.includes(']/')),
  )
  const name = Math.max(0, ...rows.map(({ label }) => label.length))
  const room = Math.max(10, width - name - 10)
  const columns = (ms: number) => (ms / Math.max(durationMs, 1)) * room
  return rows.map(({ label, hasFailed, from, ms }) => {
    const before = Math.min(Math.floor(columns(from)), room - 1)
    const length = Math.max(1, Math.min(Math.round(columns(ms)), room - before))
    const bar = ' '.repeat(before) + (hasFailed ? '░' : '█').repeat(length)
    return `${label.padEnd(name)}  ${bar.padEnd(room)} ${time(ms)}`
  })
}

function rowOf(label: string, { status, startedAt, durationMs }: StepResult, start: number, isInside: boolean): Row[] {
  if (startedAt === undefined || durationMs === undefined || isInside) return []
  return [{ label, hasFailed: status === 'failed', from: startedAt - start, ms: durationMs }]
}

/** What a path adds to that of the step around it, indented. */
function labelOf(id: string, ids: ReadonlySet<string>): string {
  const around = [...id.matchAll(/[/[]/g)].map(({ index }) => id.slice(0, index)).filter((path) => ids.has(path))
  const name = id.slice(around.at(-1)?.length ?? 0).replace(/^\/|^\[(.*)\]$/, '$1')
  return '  '.repeat(around.length) + name
}
