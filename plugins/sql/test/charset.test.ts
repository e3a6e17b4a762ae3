import { createPipe, pipeline } from '@pipe/core'
import mysql from 'mysql2/promise'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqlStore, tracker } from '../src/index.ts'
import { mariadb, type TestDatabase } from './support/databases.ts'

describe('a pool of mysql2 that speaks latin1', () => {
  let database: TestDatabase
  let db: mysql.Pool
  const remedy = expect.stringContaining("`charset: 'utf8mb4'`") as string
  beforeEach(async () => {
    database = await mariadb()
    db = mysql.createPool({ uri: database.location, charset: 'latin1' })
  })
  afterEach(async () => {
    await db.end()
    await database.remove()
  })

  it.each(['auto', 'off'] as const)(
    'keeps no runs, which would come back as others, with migrate: %s',
    async (migrate) => {
      const refused = { code: 'STORE_UNFIT', message: remedy }
      await expect(sqlStore({ db, migrate }).open()).rejects.toMatchObject(refused)
    },
  )

  it('is given no history', async () => {
    const own = tracker({ db, closeWait: 50 })
    const pipe = createPipe({ plugins: [own], onError: () => undefined })
    await pipe.run(pipeline('größe', (p) => p.step('a', { run: () => 'ü' })))
    expect(own.health()).toMatchObject({ state: 'down', error: { code: 'DATABASE_FAILED', message: remedy } })
    await pipe.close()
  })
})
