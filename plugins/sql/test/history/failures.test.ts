import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ListFailures } from '../../src/index.ts'
import type { AttemptRow, StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { historyOf, type TestHistory } from '../support/history.ts'
import { attemptRow, believableRows, clear, insert, stepRow } from '../support/rows.ts'

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
    const base = { pipeline: 'orders', step: 'charge', name: 'FetchError', count: 1, recovered: 0 }
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

  it('counts attempts that failed, when it is asked to, and how many of them did not matter', async () => {
    await clear(at.driver)
    const attempt = (run_id: string, path: string, number: number, given: Partial<AttemptRow> = {}) => {
      const started_at = 10 * number
      const message = { error_name: 'FetchError', error_code: 'E1', error_message: `${run_id}, attempt ${number}` }
      const times = { started_at, ended_at: started_at + 5, retry_at: started_at + 10 }
      return attemptRow({ run_id, path, attempt: number, ...times, ...message, ...given })
    }
    const ends = { retry_at: null }
    const went = { status: 'succeeded', error_name: null, error_code: null, error_message: null, ...ends }
    await insert(at.driver, {
      steps: [
        stepRow({ run_id: 'recovered', path: 'charge', attempts: 3 }),
        failed('failed', 'charge', 0, ['FetchError', 'E1'], { attempts: 2 }),
        stepRow({ run_id: 'goes-on', path: 'charge', status: 'running', duration_ms: null, attempts: 2 }),
        // The call was tried again, and with it what is inside of it.
        stepRow({ run_id: 'call', path: 'bill', attempts: 2 }),
        stepRow({ run_id: 'call', path: 'bill/charge' }),
        // The call itself broke, in its first attempt: what is inside of it had recovered.
        stepRow({ run_id: 'slow', path: 'bill', pipeline: 'mails', attempts: 2 }),
        stepRow({ run_id: 'slow', path: 'bill/charge', pipeline: 'mails', attempts: 2 }),
      ],
      attempts: [
        ...[attempt('recovered', 'charge', 1), attempt('recovered', 'charge', 2, { error_name: null })],
        attempt('recovered', 'charge', 3, went),
        ...[attempt('failed', 'charge', 1), attempt('failed', 'charge', 2, ends)],
        attempt('goes-on', 'charge', 1),
        ...[attempt('call', 'bill', 1), attempt('call', 'bill', 2, went)],
        attempt('call', 'bill/charge', 1, { started_at: 11, ended_at: 14, ...ends }),
        ...[attempt('slow', 'bill', 1, { error_code: 'TIMEOUT' }), attempt('slow', 'bill', 2, went)],
        attempt('slow', 'bill/charge', 1, { started_at: 11, ended_at: 12, retry_at: 13 }),
        attempt('slow', 'bill/charge', 2, { ...went, started_at: 13, ended_at: 14 }),
      ],
    })
    const found = async (query: ListFailures) =>
      (await at.history.failures({ attempts: true, ...query })).map(
        ({ pipeline, step, name, code, count, recovered, example: { message } }) =>
          [pipeline, step, name, code, count, recovered, message] as const,
      )
    const charge = ['orders', 'charge', 'FetchError', 'E1', 4, 1, 'failed, attempt 2'] as const
    const inCall = ['orders', 'bill/charge', 'FetchError', 'E1', 1, 1, 'call, attempt 1'] as const
    const slow = ['mails', 'bill', 'FetchError', 'TIMEOUT', 1, 1, 'slow, attempt 1'] as const
    const inSlow = ['mails', 'bill/charge', 'FetchError', 'E1', 1, 1, 'slow, attempt 1'] as const
    const unnamed = ['orders', 'charge', 'Error', 'E1', 1, 1, 'recovered, attempt 2'] as const
    expect(await found({})).toEqual([charge, unnamed, slow, inCall, inSlow])
    expect(await found({ limit: 2 })).toEqual([charge, unnamed])
    expect(await found({ pipeline: 'mails' })).toEqual([slow, inSlow])
    expect(await found({ step: 'bill/charge' })).toEqual([inCall, inSlow])
    // Of attempts that started then.
    expect(await found({ since: 20, until: 30 })).toEqual([
      ['orders', 'charge', 'FetchError', 'E1', 1, 0, 'failed, attempt 2'],
      unnamed,
    ])
    expect(await at.history.failures()).toMatchObject([{ step: 'charge', count: 1, recovered: 0 }])
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
