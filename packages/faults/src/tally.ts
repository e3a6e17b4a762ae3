import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendName } from './backends.ts'

/** What happened in a lab. */
interface LabFigures {
  readonly backend: BackendName
  /** Processes that SIGKILL ended. */
  readonly kills: number
  /** Runs that were accepted. */
  readonly runs: number
  /** Those of them that did not come to their end. */
  readonly lost: number
  /** Entries that were confirmed with another value than is recorded. */
  readonly doubleCommits: number
}

/** How many failpoints there are somewhere, or at how many of them processes were killed. */
interface PointFigures {
  readonly known: number
  readonly tested: number
}

/** What is counted. */
export type Figures = LabFigures | PointFigures

const columns = { kills: 'kills', runs: 'runs', lost: 'lost', doubleCommits: 'double commits' } as const
const keys = Object.keys(columns) as readonly (keyof typeof columns)[]

/** Counts for the summary: in a file, for tests run in threads, and are summed up outside of them. */
export const count = (figures: Figures): void => appendFileSync(tallyFile(), `${JSON.stringify(figures)}\n`)

/** All that was counted. */
export function counted(): readonly Figures[] {
  const text = existsSync(tallyFile()) ? readFileSync(tallyFile(), 'utf8') : ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Figures)
}

const tallyFile = () => join(tmpdir(), 'tally')

/** The sum of all that was counted, in lines. */
export function summaryOf(all: readonly Figures[]): string {
  const labs = all.filter((figures) => 'backend' in figures)
  const points = all.filter((figures) => 'known' in figures)
  const [known, tested] = (['known', 'tested'] as const).map((key) => points.reduce((sum, of) => sum + of[key], 0))
  const row = (name: string, of: readonly LabFigures[]) => [
    name,
    ...keys.map((key) => of.reduce((sum, figures) => sum + figures[key], 0)),
  ]
  const rows = [
    ['store', ...Object.values(columns)],
    ...[...new Set(labs.map(({ backend }) => backend))].sort().map((name) =>
      row(
        name,
        labs.filter(({ backend }) => backend === name),
      ),
    ),
    row('total', labs),
  ]
  const line = ([name, ...cells]: readonly (string | number)[]) =>
    String(name).padEnd(8) + cells.map((cell, index) => String(cell).padStart(index < 3 ? 8 : 16)).join('')
  return [...(known === 0 ? [] : [`killed at ${tested} of ${known} failpoints`]), ...rows.map(line)].join('\n')
}

/** Whether nothing was lost, or recorded twice. */
export const isClean = (all: readonly Figures[]): boolean =>
  all.every((figures) => !('backend' in figures) || figures.lost + figures.doubleCommits === 0)
