import type { Driver } from '../../src/drivers/driver.ts'
import { builderOf, statementOf } from '../../src/query.ts'
import type { AttemptRow, ExecutionRow, HistoryTables, StepRow } from '../../src/schema/tables.ts'

/** Rows as the tracker writes them. */
export interface Rows {
  readonly runs: readonly ExecutionRow[]
  readonly steps: readonly StepRow[]
  readonly attempts: readonly AttemptRow[]
}

/** A run that has succeeded, but for `given`. */
export const runRow = (given: Partial<ExecutionRow> & Pick<ExecutionRow, 'run_id'>): ExecutionRow => {
  const { started_at = 0, duration_ms = 1 } = given
  return {
    pipeline: 'orders',
    version: null,
    status: 'succeeded',
    worker: 'host:1',
    execution: 'e1',
    fence: 0,
    seq: 2,
    executions: 1,
    parent_run_id: null,
    parent_path: null,
    trace_id: null,
    started_at,
    resumed_at: started_at,
    seen_at: started_at,
    ended_at: duration_ms === null ? null : started_at + duration_ms,
    duration_ms,
    steps_succeeded: 0,
    steps_restored: 0,
    steps_skipped: 0,
    steps_failed: 0,
    steps_cancelled: 0,
    error_path: null,
    error_name: null,
    error_code: null,
    error_message: null,
    error: null,
    input: null,
    output: null,
    tags: '{}',
    ...given,
  }
}

/** What `path` is without the keys of items. */
const stepOf = (path: string): string => path.replaceAll(/\[(?:\\.|[^\]\\])*\]/g, '')

/** A step that has succeeded at its first attempt, but for `given`. */
export const stepRow = (given: Partial<StepRow> & Pick<StepRow, 'run_id' | 'path'>): StepRow => {
  const { path, started_at = 0, duration_ms = 1 } = given
  return {
    pipeline: 'orders',
    step: stepOf(path),
    item_key: /\[((?:\\.|[^\]\\])*)\]$/.exec(path)?.[1] ?? null,
    status: 'succeeded',
    execution: 'e1',
    seq: 2,
    attempts: 1,
    started_at,
    ended_at: started_at === null || duration_ms === null ? null : started_at + duration_ms,
    duration_ms,
    wait_ms: null,
    reason: null,
    error_name: null,
    error_code: null,
    error_message: null,
    error: null,
    input: null,
    output: null,
    undo_status: null,
    undo_error: null,
    ...given,
  }
}

/** An attempt that failed, but for `given`. */
export const attemptRow = (given: Partial<AttemptRow> & Pick<AttemptRow, 'run_id' | 'path'>): AttemptRow => ({
  attempt: 1,
  status: 'failed',
  started_at: 0,
  ended_at: 1,
  retry_at: null,
  error_name: 'Error',
  error_code: null,
  error_message: 'no',
  error: null,
  ...given,
})

/** Random numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const PIPELINES = ['orders', 'import', 'nightly', 'mails'] as const
const ERRORS = [
  ['TypeError', null, "Cannot read properties of undefined (reading 'id')"],
  ['FetchError', 'ECONNRESET', 'read ECONNRESET'],
  ['PipelineError', 'TIMEOUT', 'It took longer than 5 s.'],
] as const

/**
 * Runs of a few pipelines, one every second until `until`: with nested steps, items, retries, failures, children, some
 * that were resumed, and of the last minutes some that are running or lost.
 *
 * @param items most items of a map
 */
export function believableRows(count: number, until: number, { seed = 1, items = 10 } = {}): Rows {
  const runs: ExecutionRow[] = []
  const steps: StepRow[] = []
  const attempts: AttemptRow[] = []
  const random = randomOf(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  for (let n = 0; n < count; n++) {
    const started = until - (count - n) * 1_000 + below(1_000_000) / 1_000
    addRun(`run-${String(n).padStart(8, '0')}`, started, n % 50 === 49 ? runs.at(-1)! : undefined)
  }
  return { runs, steps, attempts }

  function addRun(id: string, started: number, parent?: ExecutionRow): void {
    const pipeline = PIPELINES[below(PIPELINES.length)]!
    let at = started
    let failed: StepRow | undefined
    const add = (path: string, given: Partial<StepRow> = {}) => {
      if (failed !== undefined) return undefined
      const [name, code, message] = ERRORS[below(ERRORS.length)]!
      const tried = random() < 0.05 ? 1 + below(3) : 1
      const fails = random() < 0.004
      const took = Math.round(-Math.log(1 - random()) * 20_000) / 1_000
      const error = { error_name: name, error_code: code, error_message: `${message} (${id})` }
      for (let attempt = 1; attempt <= tried && (tried > 1 || fails); attempt++) {
        const last = attempt === tried
        const times = {
          started_at: at + attempt - 1,
          ended_at: at + attempt - 0.5,
          retry_at: last ? null : at + attempt,
        }
        const how = last && !fails ? { status: 'succeeded', error_name: null, error_message: null } : error
        attempts.push(attemptRow({ run_id: id, path, attempt, ...times, ...how }))
      }
      const step = stepRow({
        run_id: id,
        path,
        pipeline,
        attempts: tried,
        started_at: at,
        duration_ms: took + tried,
        wait_ms: random() < 0.2 ? below(5_000) / 1_000 : null,
        output: '{"ok":true}',
        ...(fails && { status: 'failed', output: null, ...error }),
        ...given,
      })
      steps.push(step)
      if (fails) failed = step
      at += took
      return step
    }
    add('read')
    for (let item = below(items + 1); item > 0; item--) add(`send[${item}]`)
    add('send')
    add('bill/check')
    add('bill/charge')
    if (random() < 0.3)
      add('gift', { status: 'skipped', attempts: 0, started_at: null, duration_ms: null, ended_at: null })
    if (random() < 0.02)
      add('cached', { status: 'restored', attempts: 0, started_at: null, duration_ms: null, ended_at: null })
    const recent = until - started < 300_000
    const running = recent && random() < 0.2
    const status = running ? 'running' : failed !== undefined ? 'failed' : random() < 0.01 ? 'cancelled' : 'succeeded'
    runs.push(
      runRow({
        run_id: id,
        pipeline,
        status,
        worker: `host:${below(4)}`,
        executions: random() < 0.03 ? 2 : 1,
        parent_run_id: parent?.run_id ?? null,
        parent_path: parent === undefined ? null : 'bill',
        trace_id: random() < 0.5 ? `trace-${id}` : null,
        started_at: started,
        duration_ms: running ? null : at - started,
        seen_at: running ? until - below(200_000) : at,
        steps_succeeded: 4,
        error_path: failed?.path ?? null,
        error_name: failed?.error_name ?? null,
        error_code: failed?.error_code ?? null,
        error_message: failed?.error_message ?? null,
        input: '{"day":"monday"}',
        output: status === 'succeeded' ? '["sent"]' : null,
        tags: JSON.stringify({ tenant: `t${below(20)}`, region: 'eu' }),
      }),
    )
  }
}

const TABLES = ['pipeline_executions', 'step_executions', 'step_attempts'] as const

/** How many rows a statement inserts: databases take no more than some 32,000 values. */
const AT_ONCE = 500

/** Writes rows into the tables of the history. */
export async function insert(
  driver: Driver,
  { runs = [], steps = [], attempts = [] }: Partial<Rows>,
  prefix = '',
): Promise<void> {
  const builder = builderOf<HistoryTables>(driver.dialect, TABLES, prefix)
  const parts = (count: number) => Array.from({ length: Math.ceil(count / AT_ONCE) }, (_, n) => n * AT_ONCE)
  const statements = [
    ...parts(runs.length).map((n) => builder.insertInto('pipeline_executions').values(runs.slice(n, n + AT_ONCE))),
    ...parts(steps.length).map((n) => builder.insertInto('step_executions').values(steps.slice(n, n + AT_ONCE))),
    ...parts(attempts.length).map((n) => builder.insertInto('step_attempts').values(attempts.slice(n, n + AT_ONCE))),
  ]
  await driver.transact(function* () {
    for (const statement of statements) yield statementOf(statement)
  })
}

/** Removes all rows. */
export async function clear(driver: Driver): Promise<void> {
  await driver.transact(function* () {
    for (const table of TABLES) yield { sql: `DELETE FROM ${table}`, parameters: [] }
  })
}
