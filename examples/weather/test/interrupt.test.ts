import { expect, it } from 'vitest'
import { runFile } from './program.ts'

it('cancels the run when it is interrupted, and ends the process when it is interrupted again', async () => {
  const { code, stderr } = await runFile(new URL('./deaf.ts', import.meta.url), [], (_, interrupt) => interrupt())
  expect(stderr).toBe('running\ncancelled: interrupted\n')
  expect(code).toBe(130)
})
