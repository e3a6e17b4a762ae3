import { createPipe, pipeline, type } from '@pipe/core'
import { expect, test } from 'vitest'
import { logging } from '../src/index.ts'
import { capture } from './support/capture.ts'

test('paths hold for inputs, outputs, errors, progress and the fields of `ctx.log`', async () => {
  const { logger, lines, of } = capture()
  const pipe = createPipe({
    plugins: [logging(logger, { input: true, output: true, redact: { paths: ['user.email'] } })],
  })
  const user = { email: 'ada@example.com', name: 'Ada' }
  const defined = pipeline('p', { input: type<{ user: typeof user }>() }, (p) => {
    const a = p.step('a', {
      run: (_, { log, progress }) => {
        log.info({ user }, 'mine')
        progress({ user })
        return { user }
      },
    })
    const b = p.step('b', {
      needs: { a },
      optional: true,
      run: () => Promise.reject(Object.assign(new Error('no'), { user })),
    })
    return { a, b }
  })
  await pipe.run(defined, { user })
  const redacted = { user: { email: '[redacted]', name: 'Ada' } }
  expect(of('run.start')[0]?.['pipe.input']).toEqual(redacted)
  expect(of('step.succeeded')[0]?.['pipe.output']).toEqual(redacted)
  expect(of('step.failed')[0]?.['pipe.error']).toEqual(redacted)
  expect(of('step.progress')[0]?.['pipe.progress']).toEqual(redacted)
  expect(lines.find(({ msg }) => msg === 'mine')).toMatchObject(redacted)
})

test('a secret that is put everywhere comes out nowhere', async () => {
  const canary = 'Bearer canary123456'
  const { logger, lines } = capture()
  const again = {
    name: 'again',
    policy:
      () =>
      ({ attempt }: { attempt: number }) =>
        attempt === 1 ? { retryAt: 0 } : undefined,
  }
  const pipe = createPipe({
    plugins: [logging(logger, { input: true, output: true, fields: () => ({ canary }) }), again],
  })
  const error = Object.assign(new Error(canary, { cause: Object.assign(new Error(canary), { canary }) }), { canary })
  const defined = pipeline('p', { input: type<string>() }, (p) => {
    const a = p.step('a', {
      undo: () => Promise.reject(error),
      run: (_, { log, progress }) => {
        log.info({ canary, [canary]: 1, deep: [{ canary }] }, canary)
        log.error(error)
        progress(canary)
        return canary
      },
    })
    return p.map('m', { needs: { a }, over: () => [canary], key: (key) => key, run: () => Promise.reject(error) })
  })
  await pipe.start(defined, canary, { tags: { canary } }).result
  expect(lines.length).toBeGreaterThan(10)
  expect(JSON.stringify(lines)).not.toContain('canary123456')
})
