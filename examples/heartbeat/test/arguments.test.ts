import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readArguments } from '../src/arguments.ts'

test('everything has a default', () => {
  expect(readArguments([])).toEqual({
    folder: resolve('out'),
    everyMs: 2_000,
    report: '*/15 * * * * *',
    keepMs: 600_000,
    seconds: undefined,
    json: false,
  })
})

test('an argument before which pnpm has left its -- is read', () => {
  expect(readArguments(['--', '--every', '500ms', '--seconds', '1.5', '--json'])).toMatchObject({
    everyMs: 500,
    seconds: 1.5,
    json: true,
  })
})

test('--help goes before anything else', () => {
  expect(readArguments(['--help', '--every', 'soon'])).toBeUndefined()
})

test.each([
  [['--every', '99ms'], '--every must be from 100ms to 1h, got 99ms.'],
  [['--every', '61m'], '--every must be from 100ms to 1h, got 61m.'],
  [['--keep', '1m'], '--keep must be from 2m to 1d, got 1m.'],
  [['--seconds', '0'], '--seconds must be a number from 1 to 86400, got "0".'],
  [['--seconds', ''], '--seconds must be a number from 1 to 86400, got "".'],
  [['--seconds', 'NaN'], '--seconds must be a number from 1 to 86400, got "NaN".'],
  [['--dir', ''], '--dir must name a folder.'],
])('%j is refused', (args, message) => {
  expect(() => readArguments(args)).toThrow(message)
})
