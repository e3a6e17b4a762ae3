import type { ExecutionRow } from '../schema/tables.ts'
import type { Asker } from './asker.ts'
import { isHeld, type StepCounts } from './tracked-run.ts'
import { STEP_STATUSES, type TrackedStepStatus } from './tracked-step.ts'

/** The steps of runs whose execution has not ended, by the ids of these runs: counted in one statement for all. */
export async function countsUntilNow(
  { builder, ask }: Asker,
  runs: readonly ExecutionRow[],
): Promise<ReadonlyMap<string, StepCounts>> {
  const open = new Map(runs.filter(({ status }) => isHeld(status)).map((row) => [row.run_id, row.execution]))
  if (open.size === 0) return new Map()
  const found = await ask(
    builder
      .selectFrom('step_executions')
      .select(['run_id', 'execution', 'status', (of) => of.fn.countAll<number | string>().as('counted')])
      .where('run_id', 'in', [...open.keys()])
      .where('item_key', 'is', null)
      .groupBy(['run_id', 'execution', 'status']),
  )
  const counts = new Map([...open.keys()].map((id) => [id, { ...NONE }]))
  for (const { run_id: id, execution, status, counted } of found) {
    const as = execution === open.get(id) ? STEP_STATUSES.find((one) => one === status) : EARLIER.get(status)
    const of = counts.get(id)
    if (as !== undefined && of !== undefined) of[as] += Number(counted)
  }
  return counts
}

const NONE = { running: 0, succeeded: 0, restored: 0, skipped: 0, failed: 0, cancelled: 0 }

/** What a step of an earlier execution is in this one; all others are executed again. */
const EARLIER: ReadonlyMap<string, TrackedStepStatus> = new Map([
  ['succeeded', 'restored'],
  ['restored', 'restored'],
])
