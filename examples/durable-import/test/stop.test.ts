import { afterEach, expect, test } from 'vitest'
import { endPrograms, startFile } from './program.ts'

afterEach(endPrograms)

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('the first %s hands back, the second ends the process at once', async (signal, code) => {
  const deaf = startFile(new URL('./deaf.ts', import.meta.url))
  await deaf.written(/running/)
  deaf.kill(signal)
  await deaf.written(/handing back/)
  deaf.kill(signal)
  expect(await deaf.ended).toEqual({ code, stdout: '', stderr: 'running\nhanding back\n' })
})
