import type { Timeline, TimelineRow } from '@pipe/sql'
import { describe, expect, it } from 'vitest'
import { table } from '../src/draw/table.ts'
import { duration, lettersOf, type Terminal } from '../src/draw/terminal.ts'
import { drawTimeline } from '../src/draw/timeline.ts'

const plain = (width: number): Terminal => ({ width, paint: (_, text) => text })
const widthOf = (text: string) => Math.max(...text.split('\n').map((line) => lettersOf(line).length))

const row = (path: string, startMs: number, endMs: number, more: Partial<TimelineRow> = {}): TimelineRow => {
  const status = more.status ?? 'succeeded'
  const attempts = [{ attempt: 1, status, startMs, endMs }]
  return { path, step: path, status, depth: 0, startMs, endMs, attempts, waits: [], ...more }
}
const timeline = (rows: readonly TimelineRow[], spanMs: number, more: Partial<Timeline> = {}): Timeline => ({
  ...{ run: 'r-1', pipeline: 'p', status: 'succeeded', startedAt: 0, spanMs },
  ...{ lanes: 1 + Math.max(0, ...rows.map(({ lane = 0 }) => lane)), rows, truncated: false },
  ...more,
})

const troubled = timeline(
  [
    row('read', 0, 100, { lane: 0 }),
    row('all', 100, 400),
    row('all[a/b]', 100, 400, { parent: 'all', key: 'a/b' }),
    row('all[a/b]/ask', 200, 400, {
      parent: 'all[a/b]',
      lane: 0,
      attempts: [
        { attempt: 1, status: 'failed', startMs: 200, endMs: 240 },
        { attempt: 2, status: 'succeeded', startMs: 300, endMs: 400 },
      ],
      waits: [
        { for: 'turn', startMs: 100, endMs: 200 },
        { for: 'retry', startMs: 240, endMs: 300 },
      ],
    }),
    row('all[Berlin]/ask', 120, 400, { parent: 'all', lane: 1, status: 'running' }), // its item has no row as long as it goes on
    row('blink', 390, 390, { lane: 2 }),
  ],
  400,
)

describe('a timeline', () => {
  it('has attempts and waits of each step, below what it is inside of, and lanes', () => {
    expect(drawTimeline(troubled, plain(67)).split('\n')).toEqual([
      'r-1: p, succeeded, 400 ms',
      '  read           ██████████                                  100 ms',
      '  all                      ██████████████████████████████    300 ms',
      '    [a/b]                  ██████████████████████████████    300 ms',
      '      ask                  ··········xxxx░░░░░░██████████    200 ms',
      '    [Berlin]/ask             ????????????????????????????    280 ms',
      '  (too short to be drawn: 1)',
      '  █ worked   x failed   ░ waits to be tried again',
      '  · waits for its turn   / cancelled   ? did not end',
      '',
      'In lanes: what ran at the same time',
      '  █read███████████···············xxxxxxx░░░░░░░░░████████████████',
      '                    ?Berlin??????????????????????????????????????',
    ])
  })

  it.each([40, 41, 60, 80, 120])('is no wider than %i columns, and has signs for all', (width) => {
    const drawing = drawTimeline({ ...troubled, run: 'r'.repeat(200), truncated: true }, plain(width))
    expect(widthOf(drawing)).toBeLessThanOrEqual(width)
    for (const sign of ['█', 'x', '░', '·', '?', '(there are more)']) expect(drawing).toContain(sign)
  })

  it('of a run in which nothing took any time, or nothing ran, is drawn', () => {
    expect(drawTimeline(timeline([row('a', 0, 0)], 0), plain(40))).toContain('  a ')
    expect(drawTimeline(timeline([], 0, { status: 'failed' }), plain(40))).toContain('r-1: p, failed, 0 ms')
  })

  it('paints what it draws in the colour of what became of it', () => {
    const painted = drawTimeline(troubled, { width: 67, paint: (status, text) => `<${status}>${text}</>` })
    expect(painted).toContain('<quiet>··········</><failed>xxxx</><quiet>░░░░░░</><succeeded>██████████</>    200 ms')
  })
})

describe('a table', () => {
  const rows = [
    { cells: ['a run with a long name', '7', 'so it goes'] },
    { status: 'failed', cells: ['b', '1,000', 'line one\nline \u001b[31mtwo'] },
  ]
  it('is as wide as what is in it, numbers to the right, in one line each', () => {
    expect(table(['run', 'n', 'why'], rows, plain(80)).split('\n')).toEqual([
      '  run                         n  why',
      '  a run with a long name      7  so it goes',
      '  b                       1,000  line one line  [31mtwo',
    ])
  })
  it('takes what there is no room for from what is widest', () => {
    const drawn = table(['run', 'n', 'why'], rows, plain(40))
    expect(widthOf(drawn)).toBe(40)
    expect(drawn).toContain('…')
    expect(drawn).toContain('1,000')
  })
})

it.each([
  [undefined, '–'],
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [61_000, '1.0 min'],
])('%s ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
