import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { allOf, historyOf, type TestHistory } from '../support/history.ts'
import { insert, runRow, stepRow } from '../support/rows.ts'

const of = (run_id: string, path: string, given: Partial<StepRow> = {}) => stepRow({ run_id, path, ...given })
const failure = { error_name: 'E', error_message: 'm' }

const steps = [
  ...[of('a', 'same', { output: '{"x":1,"y":[2]}' }), of('b', 'same', { output: '{"y":[2],"x":1}' })],
  ...[of('a', 'only-a'), of('b', 'only-b')],
  ...[of('a', 'slow', { duration_ms: 2 }), of('b', 'slow', { duration_ms: 7 })],
  ...[of('a', 'instant', { duration_ms: 0 }), of('b', 'instant')],
  ...[of('a', 'output', { output: '{"x":1}' }), of('b', 'output', { output: '{"x":2}' })],
  ...[of('a', 'cut', { output: '{"x":1' }), of('b', 'cut', { output: '{"x":1' })],
  ...[of('a', 'cut-other', { output: '{"x":1' }), of('b', 'cut-other', { output: '1' })],
  ...[of('a', 'captured-once', { output: '1' }), of('b', 'captured-once')],
  ...[of('a', 'status', { attempts: 1 }), of('b', 'status', { status: 'failed', attempts: 3, ...failure })],
  ...[
    of('a', 'error', { status: 'failed', ...failure }),
    of('b', 'error', { status: 'failed', ...failure, error_code: 'C' }),
  ],
  ...['🦊', '\uff5e', 'é'].flatMap((key) => [of('a', `map[${key}]`), of('b', `map[${key}]`)]),
]

describe.each(libraries)('with %s', (_, make) => {
  let at: TestHistory
  beforeAll(async () => {
    at = await historyOf(make)
    const runs = [
      runRow({ run_id: 'a', duration_ms: 10 }),
      runRow({ run_id: 'b', duration_ms: 25 }),
      runRow({ run_id: 'c' }),
    ]
    await insert(at.driver, { runs, steps: [...steps, of('c', 'same')] })
  })
  afterAll(() => at.database.remove())

  it('says of each step what differs', async () => {
    const { base, other, ratio, items } = (await at.history.compare('a', 'b'))!
    expect([base.id, other.id, ratio]).toEqual(['a', 'b', 2.5])
    const said = new Map(items.map(({ path, differs, ratio: of }) => [path, [differs, of]]))
    expect(Object.fromEntries(said)).toEqual({
      same: [[], 1],
      'only-a': [['presence'], undefined],
      'only-b': [['presence'], undefined],
      slow: [[], 3.5],
      instant: [[], undefined],
      output: [['output'], 1],
      cut: [[], 1],
      'cut-other': [['output'], 1],
      'captured-once': [[], 1],
      status: [['status', 'attempts', 'error'], 1],
      error: [['error'], 1],
      'map[é]': [[], 1],
      'map[\uff5e]': [[], 1],
      'map[🦊]': [[], 1],
    })
    const only = items.find(({ path }) => path === 'only-b')!
    expect(only).toEqual({
      path: 'only-b',
      other: expect.objectContaining({ run: 'b' }) as unknown,
      differs: ['presence'],
    })
  })

  it.each([1, 2, 3, 13, 14])('goes through both in the same order, %i on a page', async (limit) => {
    const all = await allOf(
      async (after) => (await at.history.compare('a', 'b', { limit, ...(after !== undefined && { after }) }))!,
    )
    const paths = [...new Set(steps.map(({ path }) => path))].sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
    expect(all.map(({ path }) => path)).toEqual(paths)
    expect(all.filter(({ differs }) => differs.includes('presence'))).toHaveLength(2)
  })

  it('knows nothing of runs that there are not', async () => {
    expect(await at.history.compare('a', 'unknown')).toBeUndefined()
    expect(await at.history.compare('unknown', 'a')).toBeUndefined()
    expect((await at.history.compare('a', 'a'))!.items.flatMap(({ differs }) => differs)).toEqual([])
  })
})
