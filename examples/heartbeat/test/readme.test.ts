import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the code in the README is that of the schedules', () => {
  const [, code = ''] = /```text\n(scheduler\.add[^]*?)```/.exec(read('../README.md')) ?? []
  expect(code).not.toBe('')
  expect(read('../src/schedules.ts').replace(/^ {2}/gm, '')).toContain(code)
})
