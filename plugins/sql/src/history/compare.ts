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

/** What may differ between a step of the base and the same of the other run. */
export type StepDifference = 'presence' | 'status' | 'attempts' | 'error' | 'output'

/** A step in two runs. */
export interface StepComparison {
  readonly path: string
  /** In the base; absent when that does not have it. */
  readonly base?: TrackedStep
  /** In the other run; absent when that does not have it. */
  readonly other?: TrackedStep
  /**
   * What is not the same; nothing when all is. `presence`: only one run has it. `error`: the name, the code or the message
   * is another. `output`: both were captured and are different, whatever the order of their fields.
   */
  readonly differs: readonly StepDifference[]
  /** How long it took in the other run, as a multiple of the base; absent when one is not known, or the base took no time. */
  readonly ratio?: number
}

/** Two runs step by step, in the order of paths. */
export interface RunComparison extends Page<StepComparison> {
  readonly base: TrackedRun
  readonly other: TrackedRun
  /** How long the other took, as a multiple of the base; absent when one is not known, or the base took no time. */
  readonly ratio?: number
}

const RULES: OptionRules<CompareRuns> = { limit, after: text }

/** Two runs step by step; nothing when there is no such run. */
export async function compare(
  asker: Asker,
  baseId: string,
  otherId: string,
  given: CompareRuns,
): Promise<RunComparison | undefined> {
  const ids = [checkedId(baseId, 'compare', 'base'), checkedId(otherId, 'compare', 'other')] as const
  const { limit: most = USUAL, after = '' } = checked(given, RULES, 'compare')
  const [base, other] = await Promise.all(ids.map((id) => run(asker, id)))
  if (base === undefined || other === undefined) return undefined
  const [ofBase, ofOther] = await Promise.all(ids.map((id) => stepsByPath(asker, id, after, most + 1)))
  const paths = [...new Set([...ofBase!.keys(), ...ofOther!.keys()])].sort(inBytes)
  const items = paths.slice(0, most).map((path) => comparison(path, ofBase!.get(path), ofOther!.get(path)))
  const last = paths.length > most ? items.at(-1) : undefined
  return { base, other, ...ratioOf(base, other), items, ...(last !== undefined && { next: last.path }) }
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

function comparison(path: string, base: TrackedStep | undefined, other: TrackedStep | undefined): StepComparison {
  if (base === undefined || other === undefined)
    return {
      path,
      ...(base !== undefined && { base }),
      ...(other !== undefined && { other }),
      differs: ['presence'],
    }
  const differs: StepDifference[] = []
  if (base.status !== other.status) differs.push('status')
  if (base.attempts !== other.attempts) differs.push('attempts')
  if (!isDeepStrictEqual(headOf(base), headOf(other))) differs.push('error')
  if (hasOtherOutput(base, other)) differs.push('output')
  return { path, base, other, differs, ...ratioOf(base, other) }
}

const headOf = ({ error }: TrackedStep) => [error?.name, error?.code, error?.message]

const isCaptured = ({ unreadable, ...step }: TrackedStep) => 'output' in step || unreadable?.output !== undefined

const hasOtherOutput = (base: TrackedStep, other: TrackedStep) =>
  isCaptured(base) &&
  isCaptured(other) &&
  !isDeepStrictEqual([base.output, base.unreadable?.output], [other.output, other.unreadable?.output])

interface Timed {
  readonly durationMs?: number
}

function ratioOf(base: Timed, other: Timed): { ratio?: number } {
  if (base.durationMs === undefined || other.durationMs === undefined || base.durationMs === 0) return {}
  return { ratio: other.durationMs / base.durationMs }
}
