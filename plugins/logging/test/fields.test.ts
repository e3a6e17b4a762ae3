import * as conventions from '@opentelemetry/semantic-conventions'
import { expect, test } from 'vitest'
import { names, stepNameOf } from '../src/fields.ts'

test('what went wrong is told in the words of OpenTelemetry', () => {
  expect(names).toMatchObject({
    errorType: conventions.ATTR_ERROR_TYPE,
    exceptionType: conventions.ATTR_EXCEPTION_TYPE,
    exceptionMessage: conventions.ATTR_EXCEPTION_MESSAGE,
    stacktrace: conventions.ATTR_EXCEPTION_STACKTRACE,
  })
})

test('all other fields are our own', () => {
  const theirs = new Set<unknown>(Object.values(conventions))
  const own = Object.values(names).filter((name) => !theirs.has(name))
  expect(own.every((name) => name.startsWith('pipe.'))).toBe(true)
  expect(new Set(own).size).toBe(own.length)
})

test.each([
  ['user', 'user'],
  ['bill/charge', 'bill/charge'],
  ['orders[42]', 'orders'],
  ['pages[a/b]/links[3]/fetch', 'pages/links/fetch'],
  ['odd[a\\]b\\\\]/step', 'odd/step'],
])('the name of the step %s is %s', (path, name) => {
  expect(stepNameOf(path)).toBe(name)
})
