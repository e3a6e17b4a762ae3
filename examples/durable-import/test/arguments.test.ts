import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { dataFile, help, readArguments } from '../src/arguments.ts'

test('what is left out has a default', () => {
  expect(readArguments(['import'])).toEqual({
    command: { name: 'import', id: 'places', file: dataFile('zipcodes.csv') },
    settings: { folder: resolve('out'), slow: false, leaseMs: 10_000, json: false },
  })
})

test('everything can be said', () => {
  const line = 'import --id a --data my.csv --slow --lease 2s --dir there --json'
  expect(readArguments(line.split(' '))).toEqual({
    command: { name: 'import', id: 'a', file: resolve('my.csv') },
    settings: { folder: resolve('there'), slow: true, leaseMs: 2_000, json: true },
  })
  expect(readArguments(['cancel', 'a']).command).toEqual({ name: 'cancel', id: 'a' })
})

test.each([
  ['', 'There is no command. See --help.'],
  ['improt', 'There is no command "improt". See --help.'],
  ['import file.csv', 'import has nothing to do with "file.csv". See --help.'],
  ['show a b', 'show has nothing to do with "b". See --help.'],
  ['import --id a~b', 'Expected the id of an import to be 1 to 200 of A-Z a-z 0-9 . _ : @ + = - and /, got "a~b".'],
  ['import --lease soon', 'Expected --lease to be milliseconds'],
  ['import --wat', "Unknown option '--wat'"],
  ['show', 'show needs the id of an import: show ID. See them with: runs'],
  ['runs --id places', '--id is an option of import, not of runs.'],
])('"%s" is an error that says what to do', (line, message) => {
  expect(() => readArguments(line.split(' ').filter((word) => word !== ''))).toThrow(message)
})

test('help names every command and option', () => {
  const names = ['import', 'runs', 'show', 'pause', 'resume', 'cancel', 'revive', 'worker']
  for (const name of [...names, '--id', '--data', '--slow', '--lease', '--dir', '--json']) expect(help).toContain(name)
})
