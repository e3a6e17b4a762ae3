import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPipe, pipeline, type } from '@pipe/core'
import { afterEach, expect, it } from 'vitest'
import { tracker } from '../../src/index.ts'
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
