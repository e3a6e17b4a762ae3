import { stripVTControlCharacters } from 'node:util'
import type { ExecutionStatus, ScheduleInfo } from '@pipe/scheduler'
import { describe, expect, test } from 'vitest'
import type { RoomState } from '../src/room/room-keeper.ts'
import type { ServiceState, ShownSchedule } from '../src/service.ts'
import { type Canvas, draw, type Picture } from '../src/view/draw.ts'
import { bar, until } from '../src/view/words.ts'

const NOW = Date.UTC(2026, 6, 1, 9, 0, 30)
const plain = (columns: number, rows = 40): Canvas => ({ columns, rows, paint: (_, text) => text })

const schedule = (name: string, timing: string, info: Partial<ScheduleInfo> = {}, missed = 0): ShownSchedule => ({
  info: {
    ...{ name, pipeline: name, state: 'active', nextAt: NOW + 1_200, runs: 36, failures: 0, active: [], waiting: [] },
    timing: { every: '2s' },
    counts: { triggered: 0, succeeded: 36, failed: 0, cancelled: 0, skipped: 0, missed },
    ...info,
  },
  timing,
  missed,
})
const last = (endedAt: number, status: 'succeeded' | 'failed' = 'succeeded') => ({
  last: { id: 'a', slot: endedAt, status, endedAt },
})

const status: ExecutionStatus = {
  ...{ executionId: 'e', pipeline: 'thermostat', state: 'running', mode: 'interval', intervalMs: 500, maxTicks: null },
  ...{ ticksExecuted: 214, skippedTicks: 0, tick: 214, pass: 72, tickStatus: 'running', startedAt: 0, stoppedAt: null },
  errorMessage: null,
}
const room: RoomState = {
  status,
  room: { minute: 545, outside: -2, inside: 20, heating: true, switched: 12 },
  ticks: [
    { tick: 214, status: 'running', steps: ['walls'], changes: ['inside 20.4 → 20'] },
    { tick: 213, status: 'running', steps: ['sky'], changes: [] },
  ],
}
const state: ServiceState = {
  now: NOW,
  pid: 4242,
  role: 'leads',
  schedules: [
    schedule('sample', 'every 2s', last(NOW - 800), 12),
    schedule('report', '*/15 * * * * *', { failures: 2, ...last(NOW - 65_000, 'failed') }),
    schedule('cleanup', '20s after the last', { state: 'paused' }),
  ],
  room,
}
const picture = (more: Partial<ServiceState> = {}): Picture => ({
  state: { ...state, ...more },
  selected: 1,
  news: [{ kind: 'news', at: NOW - 1_000, text: 'sample has missed\n12 slots' }],
})

describe('the view', () => {
  test('has the schedules, the thermostat, what happened, and the keys', () => {
    expect(draw(picture(), plain(100))).toEqual([
      'heartbeat  process 4242 leads  09:00:30 UTC',
      '',
      '  schedule  fires               next    last                runs  failed in a row  missed',
      '  sample    every 2s            1.2s    succeeded 0.8s ago    36                0      12',
      '❯ report    */15 * * * * *      1.2s    failed 1m 5s ago      36                2       0',
      '  cleanup   20s after the last  paused                        36                0       0',
      '',
      '  thermostat  running  tick 214  pass 72',
      '  09:05  ━━━━━━━━━━━━──────────── 20.0 °C inside, -2.0 °C outside',
      '  heater on, switched 12×',
      '  tick 214  running  walls  inside 20.4 → 20',
      '  tick 213  running  sky',
      '',
      '  09:00:29  sample has missed 12 slots',
      '',
      '  1 2 3 ↑ ↓ select   p pause   t run now   e pause the thermostat   space tick   q stop',
    ])
  })

  test('of a process that follows says where the thermostat is', () => {
    const lines = draw(picture({ role: 'follows', room: { status: null, room: undefined, ticks: [] } }), plain(100))
    expect(lines[0]).toContain('process 4242 follows: another process leads')
    expect(lines).toContain('  thermostat  where another process leads')
  })

  test('of a process that has stopped says so', () => {
    const left = { ...room, status: null, ticks: [] }
    const lines = draw(picture({ role: 'stopped', room: left }), plain(100))
    expect(lines[0]).toContain('process 4242 has stopped')
    expect(lines[3]).toBe('  sample    every 2s                    succeeded 0.8s ago    36                0      12')
    expect(lines).toContain('  thermostat  as it was left')
  })

  test('of a process that starts does not say yet who leads', () => {
    const lines = draw(picture({ role: 'starts', room: { status: null, room: undefined, ticks: [] } }), plain(100))
    expect(lines[0]).toContain('process 4242 starts')
    expect(lines).toContain('  thermostat  begins soon')
  })

  test.each([
    [16, 1, 2],
    [15, 0, 2],
    [14, 0, 2],
    [13, 0, 1],
    [12, 0, 0],
  ])('has title, schedules and keys on %i rows, and %i of what happened and %i ticks', (rows, happened, ticks) => {
    const lines = draw(picture(), plain(100, rows))
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(lines[0]).toContain('heartbeat')
    expect(lines.at(-1)).toContain('q stop')
    expect(lines.filter((line) => line.includes('has missed'))).toHaveLength(happened)
    expect(lines.filter((line) => /^ {2}tick \d/.test(line))).toHaveLength(ticks)
  })

  test('keeps what was last of what happened, and begins with the title however few rows there are', () => {
    const news = [1, 2, 3].map((n) => ({ kind: 'news' as const, at: NOW, text: `news ${n}` }))
    expect(draw({ ...picture(), news }, plain(100, 17)).filter((line) => line.includes('news '))).toEqual([
      '  09:00:30  news 2',
      '  09:00:30  news 3',
    ])
    expect(draw(picture(), plain(100, 3))).toHaveLength(3)
    expect(draw(picture(), plain(100, 3))[0]).toContain('heartbeat')
  })

  test.each([20, 40, 80])('is no wider than %i columns, also in colours', (columns) => {
    const red = (_: string, text: string) => `\u001b[31m${text}\u001b[39m`
    for (const line of draw(picture(), { ...plain(columns), paint: red }))
      expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns)
  })

  test('paints what is paused, what fails, and what is selected', () => {
    const lines = draw(picture(), { ...plain(200), paint: (colour, text) => `<${colour}>${text}</>` })
    expect(lines[4]).toMatch(/^<bold><red>❯ report .*<\/><\/>$/)
    expect(lines[5]).toMatch(/^<yellow> {2}cleanup .*<\/>$/)
  })
})

test.each([
  [-1, 'now'],
  [59_900, '59.9s'],
  [59_960, '1m 0s'],
  [3_600_000, '1h 0m'],
])('%i ms from now is %s', (ms, text) => {
  expect(until(NOW + ms, NOW)).toBe(text)
})

test('a bar is empty below its range and full above', () => {
  expect([0, 10, 15, 20, 99].map((value) => bar(value, [10, 20], 4))).toEqual(['────', '────', '━━──', '━━━━', '━━━━'])
})
