import { mkdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { StateCount } from './places/database.ts'
import type { Rejected } from './places/read-batch.ts'

/** What an import came to. */
export interface Report {
  readonly source: string
  readonly imported: number
  /** Rows that are no places: how many, and the first ones. */
  readonly rejected: number
  readonly problems: readonly Rejected[]
  readonly states: readonly (StateCount & { readonly airports: number })[]
}

/** What one batch came to. */
interface BatchResult {
  readonly imported: number
  readonly rejected: readonly Rejected[]
}

/** What is known when everything is imported. */
interface Findings {
  readonly input: { readonly file: string }
  readonly imported: readonly BatchResult[]
  readonly states: readonly StateCount[]
  /** For each of the states. */
  readonly airports: readonly number[]
}

/** Of the rows that were rejected, so many are in the report. */
const MOST_PROBLEMS = 20

export function toReport({ input, imported, states, airports }: Findings): Report {
  const rejected = imported.flatMap((batch) => batch.rejected)
  return {
    source: basename(input.file),
    imported: imported.reduce((sum, batch) => sum + batch.imported, 0),
    rejected: rejected.length,
    problems: rejected.slice(0, MOST_PROBLEMS),
    states: states.map((state, i) => ({ ...state, airports: airports[i] ?? 0 })),
  }
}

/** Writes a report whole or not at all: to a temporary file beside it first, which then takes its name. */
export async function writeReport(path: string, report: Report): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, `${JSON.stringify(report, null, 2)}\n`)
  return path
}
