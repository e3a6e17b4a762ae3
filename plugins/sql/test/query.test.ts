import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { builderOf, statementOf } from '../src/query.ts'
import type { HistoryTables } from '../src/schema/tables.ts'

const builder = (prefix: string) => builderOf<HistoryTables>('postgres', ['step_executions', 'step_attempts'], prefix)

it('writes statements with their parameters', () => {
  const query = builder('').selectFrom('step_executions').select('path').where('run_id', '=', 'r1')
  expect(statementOf(query)).toEqual({
    sql: 'select "path" from "step_executions" where "run_id" = $1',
    parameters: ['r1'],
  })
})

it('puts the prefix before the names of tables, wherever they are, and before nothing else', () => {
  const query = builder('app_')
    .selectFrom('step_executions as s')
    .innerJoin('step_attempts', 'step_attempts.path', 's.path')
    .select(['s.path', 'step_attempts.attempt'])
    .where('s.run_id', 'in', (q) => q.selectFrom('step_executions').select('step_executions.run_id'))
    .orderBy(sql`${sql.ref('s.path')} collate "C"`)
  expect(statementOf(query).sql).toBe(
    'select "s"."path", "app_step_attempts"."attempt" from "app_step_executions" as "s" inner join "app_step_attempts"' +
      ' on "app_step_attempts"."path" = "s"."path" where "s"."run_id" in (select "app_step_executions"."run_id" from' +
      ' "app_step_executions") order by "s"."path" collate "C"',
  )
})
