import { describe, expect, test } from 'vitest'
import { doubleCommits, problemsOfEffects, problemsOfOrder, problemsOfTime } from '../src/audit.ts'
import type { Effect } from '../src/ledger.ts'
import { recordedIn } from '../src/recorded.ts'

/** Effects in a line: `1 begin a`, by process 1. */
const effects = (...lines: readonly string[]): readonly Effect[] =>
  lines.map((line, at) => {
    const [pid, phase, step = '', attempt = '1'] = line.split(' ')
    return {
      kind: 'effect',
      run: 'run',
      step,
      attempt: Number(attempt),
      fence: Number(pid),
      pid: Number(pid),
      at,
      phase: phase as Effect['phase'],
    }
  })

const undisturbed = effects('0 begin a', '0 done a', '0 begin b', '0 done b', '0 undoing a', '0 undone a')
const death = (pid: number, ...keys: readonly string[]) => ({
  pid,
  recorded: recordedIn(keys.map((key) => ({ key, value: '{"attempts":1}\n', final: true }))),
})

describe('the audit of effects', () => {
  test('passes what happened again since a process died between its beginning and its record', () => {
    const audited = effects('1 begin a', '1 done a', '2 begin a', '2 done a', ...['2 begin b', '2 done b'])
    const undone = effects('2 undoing a', '2 undone a')
    expect(problemsOfEffects([...audited, ...undone], undisturbed, [death(1)])).toEqual([])
  })

  test.for<[what: string, lines: string[], deaths: ReturnType<typeof death>[], problem: string]>([
    ['that never happened', ['1 begin a', '1 done a', '1 undoing a', '1 undone a'], [], 'b #1 was never done'],
    ['that should not be', ['1 begin c', '1 done c'], [], 'c #1 was done, which it should not be'],
    [
      'that happened again for no reason',
      ['1 begin a', '1 done a', '1 begin a', '1 done a'],
      [],
      'a #1 was done 2 times, with 0 interruptions',
    ],
    [
      'that happened again although it was recorded',
      ['1 begin a', '1 done a', '2 begin a'],
      [death(1, 's:a')],
      'a #1 was recorded, and began again',
    ],
    [
      'that was tried again although it was known to have failed',
      ['1 begin a', '2 begin a'],
      [death(1, 'w:a')],
      'a #1 was known to have failed, and began again',
    ],
    ['that was undone again', ['1 undoing a', '1 undone a', '2 undoing a'], [death(1, 'u:a')], 'a #1 was undone again'],
  ])('finds one %s', ([, lines, deaths, problem]) => {
    expect(problemsOfEffects(effects(...lines), undisturbed, deaths)).toContain(problem)
  })

  test('finds one after the end of the run', () => {
    expect(problemsOfTime(effects('1 begin a', '1 done a'), { endedAt: 0 })).toEqual([
      'a #1: done 1 ms after the end of the run',
    ])
  })

  test('finds what was undone in another order', () => {
    const done = ['1 done a', '1 done b']
    expect(problemsOfOrder(effects(...done, '1 undone b', '1 undone a'))).toEqual([])
    expect(problemsOfOrder(effects(...done, '1 undone a', '1 undone b'))).toEqual(['undone a,b; expected b,a'])
  })

  test('finds what was confirmed with another value than is recorded', () => {
    const lines = ['one', 'two'].map((value) => ({ kind: 'kept', run: 'run', key: 's:a', value }) as const)
    expect(doubleCommits(lines, 'run', [{ key: 's:a', value: 'one', final: true }])).toHaveLength(1)
  })
})
