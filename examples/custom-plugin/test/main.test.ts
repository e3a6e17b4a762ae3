import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the program calls a real server: too fast, again and again, and at its pace', async () => {
  const program = join(import.meta.dirname, '../src/main.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@pipe/source', program])
  const lines = stdout.split('\n')
  const told = (what: string) =>
    lines
      .find((line) => line.startsWith(`${what}: `))
      ?.match(/\d+/g)
      ?.map(Number) ?? []
  const [pages = 0, , , refused = 0] = told('as fast as it goes')
  expect(refused).toBeGreaterThan(0)
  expect(pages + refused).toBe(60)

  const [got, , requests = 0] = told('with retry')
  expect(got).toBe(60)
  expect(requests).toBeGreaterThan(60)

  expect(told('with rateLimit')).toEqual([60, 60, 60, 0])
  expect(stdout).toMatch(/ \d+ waited, page\[page-59\] behind \d+ others for \d+ ms/)
  expect(told('two runs, one bucket')).toEqual([20, 20, 20, 0])
})
