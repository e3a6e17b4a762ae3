import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import type { RunState } from '../../src/index.ts'
import { migrate } from '../../src/sqlite/schema.ts'
import { endedSql, listSql, SQL } from '../../src/sqlite/statements.ts'

const db = new DatabaseSync(':memory:')
migrate(db, ':memory:')
afterAll(() => db.close())

const planOf = (sql: string) =>
  db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail))

/** What reads more rows than it needs: of a table or an index as a whole. What was found before may be gone through. */
const scans = (sql: string) =>
  planOf(sql).filter((line) => line.startsWith('SCAN ') && !line.startsWith('SCAN (subquery'))

describe('no statement reads more than it needs', () => {
  // The first one in the trash is the one that is next.
  const others = Object.entries(SQL).filter(([name]) => name !== 'inTrash')

  test.each(others)('%s', (_, sql) => expect(scans(sql)).toEqual([]))

  test.each<[what: string, states: readonly RunState[], ofPipeline: boolean, index: string, within: string]>([
    ['in two states', ['paused', 'failed'], false, 'state', 'state=?'],
    ['of a pipeline', ['paused', 'failed'], true, 'pipeline', 'pipeline=? AND state=?'],
    ['running or not', ['running', 'failed'], true, 'pipeline', 'pipeline=? AND state=?'],
    ['running or stalled, or not', ['running', 'stalled', 'failed'], false, 'state', 'state=?'],
  ])('list: %s', (_, states, ofPipeline, index, within) => {
    const sql = listSql(states, ofPipeline)
    expect(scans(sql)).toEqual([])
    const searches = planOf(sql).filter((line) => line.startsWith('SEARCH pipe_runs'))
    expect(searches).toHaveLength(2)
    for (const line of searches) {
      // Both ends: later pages cost what the first does.
      expect(line).toContain(`INDEX pipe_runs_by_${index} (${within} AND created_at>? AND created_at<?)`)
    }
  })

  test('list: stalled', () => {
    const sql = listSql(['stalled'], true)
    expect(scans(sql)).toEqual([])
    expect(planOf(sql)).toContainEqual('SEARCH pipe_runs USING INDEX pipe_runs_by_lease (lease_until<?)')
  })

  test('purge', () => {
    const sql = endedSql(['succeeded', 'failed', 'cancelled'])
    expect(scans(sql)).toEqual([])
    const searches = planOf(sql).filter((line) => line.startsWith('SEARCH pipe_runs'))
    expect(searches).toEqual(
      Array(3).fill('SEARCH pipe_runs USING COVERING INDEX pipe_runs_by_end (status=? AND ended_at<?)'),
    )
  })
})
