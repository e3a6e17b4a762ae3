import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import { createPipe, pipeline } from '@pipe/core'
import BetterSqlite3 from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { expect, it } from 'vitest'
import { type Database, historyIn, sqlStore, tracker } from '../src/index.ts'
import { mariadb, postgres } from './support/databases.ts'
import { aRun, request } from './store/support.ts'

type Closed = { readonly db: Database; readonly close: () => unknown }

const ofSqlite = (db: DatabaseSync | BetterSqlite3.Database): Closed => ({ db, close: () => db.close() })

/** Settings with which the client of the application answers otherwise. */
const settings: readonly (readonly [string, () => Closed | Promise<Closed>])[] = [
  ['readBigInts of node:sqlite', () => ofSqlite(new DatabaseSync(':memory:', { readBigInts: true }))],
  ['returnArrays of node:sqlite', () => ofSqlite(new DatabaseSync(':memory:', { returnArrays: true }))],
  ['defaultSafeIntegers of better-sqlite3', () => ofSqlite(new BetterSqlite3().defaultSafeIntegers(true))],
  [
    'types of pg',
    async () => {
      const { location, remove } = await postgres()
      const parser = (text: string) => ({ text })
      const types = { getTypeParser: () => parser }
      const db = new pg.Pool({ connectionString: location, types, idleTimeoutMillis: 0 })
      db.on('error', () => undefined)
      const close = async () => {
        await db.end()
        await remove()
      }
      return { db, close }
    },
  ],
  [
    'parsers of PGlite',
    async () => {
      const parser = (text: string) => ({ text })
      const db = await PGlite.create({ parsers: { 23: parser, 25: parser, 701: parser } })
      return { db, close: () => db.close() }
    },
  ],
  [
    'rowsAsArray of mysql2',
    async () => {
      const { location, remove } = await mariadb()
      const db = mysql.createPool({ uri: location, rowsAsArray: true })
      const close = async () => {
        await db.end()
        await remove()
      }
      return { db, close }
    },
  ],
]

const pages = pipeline('pages', (p) => p.map('each', { over: () => [1, 2], run: (page) => page }))

it.each(settings)('answers the same with %s', async (_, make) => {
  const { db, close } = await make()
  const pipe = createPipe({ plugins: [tracker({ db, endWait: '1m' })] })
  const before = Date.now()
  await pipe.start(pages, undefined, { id: 'r' }).result
  await pipe.close()
  const history = historyIn({ db })
  const run = await history.run('r')
  expect(run).toMatchObject({ id: 'r', status: 'succeeded', executions: 1 })
  expect(run!.startedAt).toBeGreaterThanOrEqual(before)
  const steps: unknown = JSON.parse(JSON.stringify((await history.steps('r')).items))
  for (const path of ['each', 'each[0]', 'each[1]'])
    expect(steps).toContainEqual(
      expect.objectContaining({ path, attempts: 1, durationMs: expect.any(Number) as number }),
    )
  const statistics = await history.stepStatistics()
  expect(statistics.map(({ items }) => items).sort()).toEqual([false, true])

  const store = sqlStore({ db })
  await store.open()
  const { run: stored, fence } = await store.acquire(aRun({ id: 's' }), request())
  expect(stored).toMatchObject({ id: 's', crashes: 0, fence })
  await store.commit('s', fence!, [{ key: 'a', value: '1', final: true }])
  expect(await store.entries('s')).toEqual({ items: [{ key: 'a', value: '1', final: true }] })
  await store.close()
  await close()
})

it('goes on with a DatabaseSync that was closed, and opened again', async () => {
  const db = new DatabaseSync(':memory:')
  for (let times = 0; times < 2; times++) {
    const store = sqlStore({ db })
    await store.open()
    expect((await store.acquire(aRun(), request())).created).toBe(true)
    await store.close()
    db.close()
    db.open()
  }
  db.close()
})
