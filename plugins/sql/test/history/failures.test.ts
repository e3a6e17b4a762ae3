import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { historyOf, type TestHistory } from '../support/history.ts'
import { believableRows, clear, insert, stepRow } from '../support/rows.ts'

const failed = (
  run_id: string,
  path: string,
  at: number,
  [name, code]: readonly [string, string?],
  given: Partial<StepRow> = {},
) =>
  stepRow({
    run_id,
    path,
    status: 'failed',
    started_at: at,
    duration_ms: 1,
    error_name: name,
    error_code: code ?? null,
    error_message: `${name} in ${run_id}`,
    ...given,
  })

describe.each(libraries)('with %s', (_, make) => {
  let at: TestHistory
  beforeAll(async () => {
    at = await historyOf(make)
  })
  afterAll(() => at.database.remove())

  it('groups failures by error and step, with the last one as the example', async () => {
    await clear(at.driver)
    await insert(at.driver, {
      steps: [
        failed('r1', 'charge', 10, ['FetchError', 'E1']),
        failed('r2', 'charge', 30, ['FetchError', 'E1']),
        failed('r3', 'charge', 20, ['FetchError', 'E1']),
        failed('r4', 'charge', 40, ['FetchError', 'E2']),
        failed('r5', 'charge', 50, ['FetchError']),
        failed('r6', 'check', 60, ['FetchError', 'E1'], { error_message: null }),
        failed('r7', 'charge', 70, ['TypeError'], { pipeline: 'mails' }),
        stepRow({ run_id: 'r8', path: 'charge', started_at: 80, error_name: 'FetchError', attempts: 2 }),
      ],
    })
    const base = { pipeline: 'orders', step: 'charge', name: 'FetchError', count: 1 }
    const example = (run: string, path = 'charge') => ({ run, path, message: `FetchError in ${run}` })
    const groups = [
      { ...base, code: 'E1', count: 3, firstAt: 11, lastAt: 31, example: example('r2') },
      {
        ...base,
        pipeline: 'mails',
        name: 'TypeError',
        firstAt: 71,
        lastAt: 71,
        example: { run: 'r7', path: 'charge', message: 'TypeError in r7' },
      },
      {
        ...base,
        step: 'check',
        code: 'E1',
        firstAt: 61,
        lastAt: 61,
        example: { run: 'r6', path: 'check', message: '' },
      },
      { ...base, firstAt: 51, lastAt: 51, example: example('r5') },
      { ...base, code: 'E2', firstAt: 41, lastAt: 41, example: example('r4') },
    ]
    expect(await at.history.failures()).toEqual(groups)
    expect(await at.history.failures({ limit: 2 })).toEqual(groups.slice(0, 2))
    expect(await at.history.failures({ pipeline: 'mails' })).toEqual(groups.slice(1, 2))
    expect(await at.history.failures({ step: 'check' })).toEqual(groups.slice(2, 3))
    const early = await at.history.failures({ since: 20, until: 40 })
    expect(early).toEqual([{ ...groups[0], count: 2, firstAt: 21 }])
  })

  it('counts a failure where it broke, and not again around it', async () => {
    await clear(at.driver)
    await insert(at.driver, {
      steps: [
        ...['send', 'send[a]', 'send[a]/mail', 'send[b]', 'send-all', 'bill', 'bill/charge', 'bill0'].map((path, n) =>
          failed('r1', path, n, ['Error']),
        ),
        // The same path in another run, where nothing inside failed: it broke there.
        failed('r2', 'bill', 9, ['Error']),
        stepRow({ run_id: 'r2', path: 'bill/charge', status: 'cancelled' }),
      ],
    })
    const found = await at.history.failures()
    expect(found.map(({ example: { run, path }, step, count }) => [run, path, step, count])).toEqual([
      ['r2', 'bill', 'bill', 1],
      ['r1', 'bill0', 'bill0', 1],
      ['r1', 'bill/charge', 'bill/charge', 1],
      ['r1', 'send-all', 'send-all', 1],
      ['r1', 'send[b]', 'send', 1],
      ['r1', 'send[a]/mail', 'send/mail', 1],
    ])
  })

  it('finds all of them', async () => {
    await clear(at.driver)
    const { steps } = believableRows(500, Date.now())
    await insert(at.driver, { steps })
    const all = steps.filter(({ status }) => status === 'failed')
    const found = await at.history.failures()
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(all.length)
    for (const { pipeline, step, name, count } of found)
      expect(
        all.filter((one) => one.pipeline === pipeline && one.step === step && one.error_name === name),
      ).toHaveLength(count)
  })
})
