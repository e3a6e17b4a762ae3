import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPipe, pipeline, type } from '@pipe/core'
import { afterEach, expect, it } from 'vitest'
import { historyIn, tracker } from '../../src/index.ts'
import { again } from '../support/again.ts'

const CANARY = 'canary-8f3a1c'
const file = join(tmpdir(), `pipe-secrets-${process.pid}.db`)
afterEach(() => {
  for (const name of ['', '-wal', '-shm', '-journal']) rmSync(file + name, { force: true })
})

const leaky = pipeline('leaky', { input: type<{ password: string; note: string }>() }, (p, input) => {
  const login = p.step('login', {
    needs: { input },
    run: ({ input }) => ({ token: input.password, header: `Authorization: Bearer ${CANARY}` }),
    undo: () => Promise.reject(new Error(`cannot log out with token=${CANARY}`)),
  })
  const pages = p.map('page', {
    needs: { login },
    over: () => ['one'],
    key: () => `token=${CANARY}`,
    run: (_, { log }) => {
      log.info({ said: CANARY })
      return { apiKey: CANARY }
    },
  })
  return p.step('fail', {
    needs: { pages },
    run: () => {
      throw Object.assign(new Error(`refused: password=${CANARY}`, { cause: new Error(`https://ada:${CANARY}@db`) }), {
        secret: CANARY,
      })
    },
  })
})

it('writes no secret anywhere into the database', async () => {
  const db = new DatabaseSync(file)
  const pipe = createPipe({ plugins: [tracker({ db, input: true, output: true }), again(2)] })
  const { status } = await pipe.start(leaky, { password: CANARY, note: 'fine' }, { tags: { token: CANARY } }).result
  await pipe.close()
  db.close()
  const bytes = readFileSync(file).toString('latin1')
  expect(status).toBe('failed')
  expect(bytes).toContain('"note":"fine"')
  expect(bytes).not.toContain(CANARY)
})

it('writes all of it where it is told to', async () => {
  const db = new DatabaseSync(file)
  const pipe = createPipe({ plugins: [tracker({ db, input: true, output: true, redact: false })] })
  await pipe.start(leaky, { password: CANARY, note: 'fine' }).result
  await pipe.close()
  db.close()
  expect(readFileSync(file).toString('latin1')).toContain(`"password":"${CANARY}"`)
})

it('keeps what is inside of an item inside of it, when its key is a secret', async () => {
  const db = new DatabaseSync(':memory:')
  const pipe = createPipe({ plugins: [tracker({ db })] })
  const order = pipeline('order', { input: type<string>() }, (p) =>
    p.step('charge', { run: () => Promise.reject(new RangeError('no')) }),
  )
  const orders = pipeline('orders', (p) =>
    p.map('orders', {
      over: () => [`token=${CANARY}`, `token=${CANARY}2`, '7'],
      key: (key) => key,
      run: order,
    }),
  )
  await pipe.start(orders, undefined, { id: 'r', failure: 'continue' }).result
  await pipe.close()
  const history = historyIn({ db })
  const { items } = await history.steps('r')
  const secret = items.filter(({ path }) => /^orders\[~\w{16}\]$/.test(path))
  expect(new Set(secret.map(({ path }) => path)).size).toBe(2)
  for (const { path } of secret) {
    const inside = (await history.steps('r', { within: path })).items
    expect(inside.map((step) => [step.path, step.step])).toEqual([[`${path}/charge`, 'orders/charge']])
  }
  expect((await history.failures()).map(({ step, count }) => [step, count])).toEqual([['orders/charge', 3]])
})
