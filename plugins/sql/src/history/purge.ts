import { setImmediate } from 'node:timers/promises'
import { type Duration, invalidOption, type OptionRule, type OptionRules, toMs } from '@pipe/core'
import { type RawBuilder, sql } from 'kysely'
import type { Asker } from './asker.ts'
import { checked, checkedId, duration, limitUpTo, someOf } from './rules.ts'
import { casesOf } from './tracked-run.ts'

/** The statuses of runs that may be forgotten: all but `running` and `paused`. */
const OVER = ['succeeded', 'failed', 'cancelled', 'interrupted', 'lost'] as const

/** Which runs are forgotten. */
export interface PurgeTrackedRuns {
  /** How long ago they ended at least. Those that were interrupted or lost: how long ago their worker was last seen. */
  readonly endedBefore: Duration
  /** Default: all but `running` and `paused`. */
  readonly statuses?: readonly (typeof OVER)[number][]
  /** How many at most, 1 to 1,000,000. Default: no limit. */
  readonly limit?: number
  /** Ends it between two batches: it rejects with the reason. What was forgotten stays so. */
  readonly signal?: AbortSignal
}

const aSignal: OptionRule = ['an AbortSignal', (value) => value instanceof AbortSignal]
const RULES: OptionRules<PurgeTrackedRuns> = {
  endedBefore: duration,
  statuses: someOf(OVER),
  limit: limitUpTo(1_000_000),
  signal: aSignal,
}

/** How many runs are looked for at a time. */
const RUNS = 100
/** How many rows a statement deletes: others wait for it, and with SQLite the process does. */
const ROWS = 1_000

/** Holds for rows of runs that may be forgotten. */
type Test = RawBuilder<boolean>

/** Forgets runs, some at a time until none is left, and answers how many. */
export async function purge(asker: Asker, given: PurgeTrackedRuns): Promise<number> {
  const { endedBefore, statuses = OVER, limit = Infinity, signal } = checked(given, RULES, 'purge')
  // A plain call from JavaScript may leave it out.
  if ((endedBefore as Duration | undefined) === undefined)
    throw invalidOption({ owner: 'purge() of the history', plugin: 'sql' }, endedBefore, duration[0], 'endedBefore')
  const now = Date.now()
  const before = now - toMs(endedBefore)
  const aliveSince = now - asker.lostAfterMs
  let forgotten = 0
  for (const test of [...new Set(statuses)].flatMap((status) => mayGo(status, before, aliveSince))) {
    let more = true
    while (more && forgotten < limit) {
      signal?.throwIfAborted()
      const wanted = Math.min(RUNS, limit - forgotten)
      const query = asker.builder.selectFrom('pipeline_executions').select('run_id').where(test).limit(sql.lit(wanted))
      const ids = (await asker.ask(query)).map((row) => row.run_id)
      more = ids.length === wanted
      if (ids.length > 0) forgotten += await forget(asker, ids, test, signal)
    }
  }
  return forgotten
}

function mayGo(status: (typeof OVER)[number], before: number, aliveSince: number): readonly Test[] {
  if (status !== 'lost' && status !== 'interrupted') return [sql`status = ${sql.lit(status)} and ended_at < ${before}`]
  const seen = status === 'lost' ? Math.min(before, aliveSince) : before
  return casesOf(status, aliveSince).map((test) => sql`${test} and seen_at < ${seen}`)
}

/** Forgets a run, whatever it is doing, and answers whether there was one. */
export async function remove(asker: Asker, given: string): Promise<boolean> {
  const id = checkedId(given, 'delete')
  return (await forget(asker, [id], undefined)) > 0
}

/**
 * Deletes what belongs to runs, and then these: whoever dies in between leaves runs that are found again.
 *
 * @param test what each must still be when something of it is deleted: one that has begun anew meanwhile stays
 */
async function forget(
  asker: Asker,
  ids: readonly string[],
  test: Test | undefined,
  signal?: AbortSignal,
): Promise<number> {
  await deleteRows(asker, 'step_attempts', ids, test, signal)
  await deleteRows(asker, 'step_executions', ids, test, signal)
  const query = asker.builder.deleteFrom('pipeline_executions').where('run_id', 'in', ids)
  return await asker.change(test === undefined ? query : query.where(test))
}

async function deleteRows(
  { builder, ask, change }: Asker,
  table: 'step_attempts' | 'step_executions',
  ids: readonly string[],
  test: Test | undefined,
  signal?: AbortSignal,
): Promise<void> {
  let from: { readonly run_id: string; readonly path: string } | undefined
  do {
    signal?.throwIfAborted()
    // With SQLite everything above happened in one turn of the event loop.
    await setImmediate()
    const rest = sql<boolean>`run_id in (${sql.join(ids)})${from === undefined ? sql`` : sql` and ${isBehind(from)}`}`
    const [last] = await ask(
      builder
        .selectFrom(table)
        .select(['run_id', 'path'])
        .where(rest)
        .orderBy('run_id')
        .orderBy('path')
        .limit(sql.lit(1))
        .offset(sql.lit(ROWS - 1)),
    )
    let query = builder.deleteFrom(table).where(rest)
    if (last !== undefined) query = query.where(isUpTo(last))
    if (test !== undefined) {
      const still = builder.selectFrom('pipeline_executions').select('run_id').where('run_id', 'in', ids).where(test)
      query = query.where('run_id', 'in', still)
    }
    await change(query)
    from = last
  } while (from !== undefined)
}

/** Holds for rows that come after one, by run and path. */
const isBehind = ({ run_id: id, path }: { readonly run_id: string; readonly path: string }) =>
  sql<boolean>`run_id >= ${id} and (run_id > ${id} or path > ${path})`

/** Holds for all others. Not `not`: no index serves that. */
const isUpTo = ({ run_id: id, path }: { readonly run_id: string; readonly path: string }) =>
  sql<boolean>`run_id <= ${id} and (run_id < ${id} or path <= ${path})`
