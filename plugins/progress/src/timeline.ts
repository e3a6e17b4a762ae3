import { checkOptions, type OptionRules, type RunResult, type StepResult } from '@pipe/core'
import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import { cutsOf, nameOf } from './path.ts'
import { count, oneLine, time } from './words.ts'

/** The room that a timeline has. */
export interface TimelineOptions {
  /** Columns to fill, a whole number from 40 up. Default: those of the terminal, but at most 100; 80 without a terminal. */
  readonly width?: number
  /** Of the items of each map so many are drawn, those that took longest: a whole number from 0 up. Default 20. */
  readonly items?: number
}

/** A line: a step with its bar, or only words. */
interface Row {
  readonly label: string
  readonly bar?: Bar
}

interface Bar {
  readonly hasFailed: boolean
  /** Milliseconds since the run began. */
  readonly from: number
  readonly ms: number
}

/** Columns for the duration and the space around the bar. */
const ASIDE = 10

/**
 * When each step of a run ran, as bars of text: a line each, the steps of called pipelines and the items of maps
 * indented. Steps inside items are left out, and so are those that never started.
 *
 * @returns lines without a line break after the last one; empty when the run took no times
 * @throws PipelineError `OPTION_INVALID`
 */
export function timeline({ steps, startedAt, durationMs }: RunResult, options: TimelineOptions = {}): string {
  const site = { owner: 'timeline()', plugin: 'progress' }
  const { width = usualWidth(), items = 20 } = checkOptions(options, RULES, site)
  const quick = quickItems(steps, items)
  const rows = Object.entries(steps).flatMap(([path, step]) => quick.get(path) ?? rowsOf(path, step, steps, startedAt))
  const longest = Math.max(0, ...rows.map(({ label }) => stringWidth(label)))
  const labels = Math.min(longest, Math.floor(width / 2) - ASIDE)
  const room = width - labels - ASIDE
  const columns = (ms: number) => (ms / Math.max(durationMs, 1)) * room
  const drawn = ({ from, ms, hasFailed }: Bar) => {
    const before = Math.max(0, Math.min(Math.floor(columns(from)), room - 1))
    const length = Math.max(1, Math.min(Math.round(columns(ms)), room - before))
    return `${(' '.repeat(before) + (hasFailed ? '░' : '█').repeat(length)).padEnd(room)} ${time(ms)}`
  }
  return rows
    .map(({ label, bar }) => (bar === undefined ? label : `${fitted(label, labels)}  ${drawn(bar)}`))
    .join('\n')
}

/** The width of the terminal, within reason. */
function usualWidth(): number {
  const { columns } = process.stderr.isTTY ? process.stderr : process.stdout
  return Math.min(100, Math.max(40, columns || 80))
}

function rowsOf(path: string, step: StepResult, steps: RunResult['steps'], start: number): readonly Row[] {
  const { status, startedAt, durationMs: ms } = step
  if (startedAt === undefined || ms === undefined || isInsideItem(path)) return []
  const around = cutsOf(path).filter((cut) => path.slice(0, cut) in steps)
  const label = '  '.repeat(around.length) + oneLine(nameOf(path.slice(around.at(-1) ?? 0)))
  return [{ label, bar: { hasFailed: status === 'failed', from: startedAt - start, ms } }]
}

/** The items that are left out, each with what is there instead: in the place of the last of a map, how many they are. */
function quickItems(steps: RunResult['steps'], most: number): ReadonlyMap<string, readonly Row[]> {
  const left = new Map<string, readonly Row[]>()
  const maps = Map.groupBy(
    Object.keys(steps).filter((path) => path.endsWith(']') && !isInsideItem(path)),
    (path) => path.slice(0, cutsOf(path).at(-1)),
  )
  for (const [map, items] of maps) {
    const byTime = items.toSorted((a, b) => (steps[b]?.durationMs ?? 0) - (steps[a]?.durationMs ?? 0))
    const quick = new Set(byTime.slice(most))
    const indent = '  '.repeat(cutsOf(map).filter((cut) => map.slice(0, cut) in steps).length + 1)
    const last = items.findLast((path) => quick.has(path))
    for (const path of quick)
      left.set(path, path === last ? [{ label: `${indent}… and ${count(quick.size)} quicker ones` }] : [])
  }
  return left
}

/** Whether a step is inside of an item: those would be too many. */
const isInsideItem = (path: string) => cutsOf(path).some((cut, i, cuts) => path[cut] === '[' && i < cuts.length - 1)

function fitted(label: string, width: number): string {
  const cut = cliTruncate(label, width)
  return cut + ' '.repeat(width - stringWidth(cut))
}

const isWhole = (value: unknown, least: number) => Number.isInteger(value) && Number(value) >= least

const RULES: OptionRules<TimelineOptions> = {
  width: ['a whole number from 40 up', (value) => isWhole(value, 40)],
  items: ['a whole number from 0 up', (value) => isWhole(value, 0)],
}
