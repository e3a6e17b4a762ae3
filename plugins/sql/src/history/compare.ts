import { isDeepStrictEqual } from 'node:util'
import type { OptionRules } from '@pipe/core'
import type { Page } from '@pipe/state'
import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { checked, checkedId, limit, text, USUAL } from './rules.ts'
import { run } from './runs.ts'
import type { TrackedRun } from './tracked-run.ts'
import { stepOf, type TrackedStep } from './tracked-step.ts'

/** How much of a comparison. */
export interface CompareRuns {
  /** How many steps, 1 to 1,000. Default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

/** What may differ between a step of one run and the same of another. */
export type StepDifference = 'presence' | 'status' | 'attempts' | 'error' | 'output'

/** A step in two runs. */
export interface StepComparison {
  readonly path: string
  /** In the first run; absent when that does not have it. */
  readonly a?: TrackedStep
  /** In the second. */
  readonly b?: TrackedStep
  /**
   * What is not the same; nothing when all is. `presence`: only one run has it. `error`: the name, the code or the message
   * is another. `output`: both were captured and are different, whatever the order of their fields.
   */
  readonly differs: readonly StepDifference[]
  /** How long it took in the second, as a multiple of the first; absent when that is not known, or took no time. */
  readonly ratio?: number
}

/** Two runs step by step, in the order of paths. */
export interface RunComparison extends Page<StepComparison> {
  readonly a: TrackedRun
  readonly b: TrackedRun
  /** How long the second took, as a multiple of the first. */
  readonly ratio?: number
}

const RULES: OptionRules<CompareRuns> = { limit, after: text }

/** Two runs step by step; nothing when there is no such run. */
export async function compare(
  asker: Asker,
  first: string,
  second: string,
  given: CompareRuns,
): Promise<RunComparison | undefined> {
  const ids = [checkedId(first, 'compare', 'a'), checkedId(second, 'compare', 'b')] as const
  const { limit: most = USUAL, after = '' } = checked(given, RULES, 'compare')
  const [a, b] = await Promise.all(ids.map((id) => run(asker, id)))
  if (a === undefined || b === undefined) return undefined
  const [ofA, ofB] = await Promise.all(ids.map((id) => stepsByPath(asker, id, after, most + 1)))
  const paths = [...new Set([...ofA!.keys(), ...ofB!.keys()])].sort(inBytes)
  const items = paths.slice(0, most).map((path) => comparison(path, ofA!.get(path), ofB!.get(path)))
  const last = paths.length > most ? items.at(-1) : undefined
  return { a, b, ...ratioOf(a, b), items, ...(last !== undefined && { next: last.path }) }
}

async function stepsByPath({ builder, ask }: Asker, id: string, after: string, most: number) {
  const query = builder
    .selectFrom('step_executions')
    .selectAll()
    .where('run_id', '=', id)
    .where('path', '>', after)
    .orderBy('path')
    .limit(sql.lit(most))
  return new Map((await ask(query)).map((row) => [row.path, stepOf(row)]))
}

/** As the databases order paths. Texts of JavaScript are ordered by units of UTF-16, which is another order. */
const inBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

function comparison(path: string, a: TrackedStep | undefined, b: TrackedStep | undefined): StepComparison {
  if (a === undefined || b === undefined)
    return { path, ...(a !== undefined && { a }), ...(b !== undefined && { b }), differs: ['presence'] }
  const differs: StepDifference[] = []
  if (a.status !== b.status) differs.push('status')
  if (a.attempts !== b.attempts) differs.push('attempts')
  if (!isDeepStrictEqual(headOf(a), headOf(b))) differs.push('error')
  if (hasOtherOutput(a, b)) differs.push('output')
  return { path, a, b, differs, ...ratioOf(a, b) }
}

const headOf = ({ error }: TrackedStep) => [error?.name, error?.code, error?.message]

const isCaptured = ({ unreadable, ...step }: TrackedStep) => 'output' in step || unreadable?.output !== undefined

const hasOtherOutput = (a: TrackedStep, b: TrackedStep) =>
  isCaptured(a) &&
  isCaptured(b) &&
  !isDeepStrictEqual([a.output, a.unreadable?.output], [b.output, b.unreadable?.output])

function ratioOf(a: { readonly durationMs?: number }, b: { readonly durationMs?: number }): { ratio?: number } {
  if (a.durationMs === undefined || b.durationMs === undefined || a.durationMs === 0) return {}
  return { ratio: b.durationMs / a.durationMs }
}
