import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { driverOf } from '../src/database.ts'
import { inOrder } from '../src/drivers/driver.ts'
import { migrate, migrationSql } from '../src/index.ts'
import { checkWith, migrateWith } from '../src/schema/migrate.ts'
import { creationOf, type Migration } from '../src/schema/migration.ts'
import { libraries, postgres, shared, type TestDatabase } from './support/databases.ts'
import { tell } from './store/support.ts'

const first: Migration = {
  name: 'things-1',
  statements: creationOf({
    name: 'things',
    columns: ({ key, text }) => [`id ${key(20)} NOT NULL`, `name ${text}`],
    primaryKey: ['id'],
    indexes: [{ columns: ['id', 'id'].slice(1) }],
  }),
}
const second: Migration = {
  name: 'things-2',
  statements: (dialect, prefix) => [
    ...creationOf({ name: 'sizes', columns: ({ key }) => [`id ${key(20)} NOT NULL`], primaryKey: ['id'] })(
      dialect,
      prefix,
    ),
    `ALTER TABLE ${prefix}things ADD COLUMN size INTEGER`,
  ],
}

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  const driver = () => driverOf(database.db, 'a test')
  const select = async (sql: string) => (await driver().read({ sql, parameters: [] })).rows.map((row) => ({ ...row }))
  beforeEach(async () => {
    database = await make()
  })
  afterEach(() => database.remove())

  it('makes the tables once', async () => {
    expect(await migrate({ db: database.db })).toEqual(['history-1'])
    expect(await migrate({ db: database.db })).toEqual([])
    for (const table of ['pipeline_executions', 'step_executions', 'step_attempts'])
      expect(await select(`SELECT * FROM ${table}`)).toEqual([])
  })

  it('makes them apart for another prefix', async () => {
    await migrate({ db: database.db })
    expect(await migrate({ db: database.db, prefix: 'app_' })).toEqual(['history-1'])
    expect(await select('SELECT * FROM app_step_executions')).toEqual([])
  })

  it.each(['history', 'store'] as const)('makes all indexes of the %s, however long the prefix', async (tables) => {
    const sql = {
      postgres: 'SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema()',
      mysql:
        'SELECT DISTINCT CONCAT(table_name, index_name) AS name FROM information_schema.statistics WHERE table_schema = DATABASE()',
      sqlite: `SELECT name FROM sqlite_master WHERE type = 'index'`,
    }[database.dialect]
    await migrate({ db: database.db, tables })
    const short = (await select(sql)).length
    await migrate({ db: database.db, tables, prefix: 'p'.repeat(30) })
    expect((await select(sql)).length - short).toBe(short)
  })

  it('makes them once however often it is asked for at the same time', async () => {
    const done = await Promise.all(Array.from({ length: 6 }, () => migrate({ db: database.db })))
    expect(done.flat()).toEqual(['history-1'])
  })

  it('writes down what it does, as SQL that may be executed again', async () => {
    const statements = migrationSql({ dialect: database.dialect })
      .split(';\n')
      .filter((sql) => sql.trim() !== '')
    const execute = () => driver().transact(inOrder(statements.map((sql) => ({ sql, parameters: [] }))))
    await execute()
    await execute()
    expect(await migrate({ db: database.db })).toEqual([])
    expect(await select('SELECT * FROM pipeline_executions')).toEqual([])
  })

  it('upgrades older tables, and leaves what is in them', async () => {
    await migrateWith(driver(), 'old_', [first])
    await driver().write({ sql: `INSERT INTO old_things (id, name) VALUES ('a', 'kept')`, parameters: [] })
    await expect(checkWith(driver(), 'old_', [first, second])).rejects.toMatchObject({
      code: 'TABLES_MISSING',
      message: expect.stringContaining('lacks the migrations things-2') as string,
    })
    expect(await migrateWith(driver(), 'old_', [first, second])).toEqual(['things-2'])
    expect(await select('SELECT * FROM old_things')).toEqual([{ id: 'a', name: 'kept', size: null }])
    await checkWith(driver(), 'old_', [first, second])
  })

  it('lets an older version work on newer tables', async () => {
    await migrateWith(driver(), '', [first, second])
    expect(await migrateWith(driver(), '', [first])).toEqual([])
    await checkWith(driver(), '', [first])
  })

  it('leaves nothing half done that cannot be done again', async () => {
    const broken: Migration = {
      ...second,
      statements: (...at) => [...second.statements(...at).slice(0, 1), 'NONSENSE'],
    }
    await expect(migrateWith(driver(), '', [first, broken])).rejects.toThrow()
    expect(await migrateWith(driver(), '', [first, second])).toEqual(expect.arrayContaining(['things-2']))
    expect(await select('SELECT size FROM things')).toEqual([])
  })
})

describe.each(shared)('with processes on %s', (_, make) => {
  it('makes the tables once when many start at the same time', async () => {
    const database = await make()
    try {
      const script = new URL('./support/migrating.ts', import.meta.url)
      const children = Array.from({ length: 5 }, () =>
        fork(script, [database.location], {
          execArgv: ['--conditions=@pipe/source', '--disable-warning=ExperimentalWarning'],
        }),
      )
      await Promise.all(children.map((child) => once(child, 'message')))
      const answers = children.map((child) => once(child, 'message'))
      for (const child of children) child.send('go')
      expect((await Promise.all(answers)).flatMap(([done]) => done as string[])).toEqual(['history-1'])
    } finally {
      await database.remove()
    }
  })
})

it.each(['history', 'store'] as const)(
  'makes the tables of the %s once on a PostgreSQL whose transactions keep to one snapshot',
  async (tables) => {
    const database = await postgres()
    const name = new URL(database.location).pathname.slice(1)
    await tell(database.db, `ALTER DATABASE ${name} SET default_transaction_isolation = 'repeatable read'`)
    const pools = Array.from({ length: 4 }, () => database.another())
    const done = await Promise.all(pools.map((db) => migrate({ db, tables })))
    expect(done.flat()).toEqual([`${tables}-1`])
    await database.remove()
  },
)

it.each([
  [{ prefix: 'Über' }, '`prefix` of migrate() must be empty, or a lower-case letter'],
  [{ prefix: "a'; DROP TABLE users; --" }, '`prefix` of migrate()'],
  [{ tables: 'all' }, "`tables` of migrate() must be 'history' or 'store'"],
  [{ db: 'postgres://' }, '`db` of migrate() must be a Pool of pg'],
  [{ dialect: 'sqlite' }, '`dialect` of migrate() must be left out'],
])('refuses %o', async (options, message) => {
  const db = { waitReady: Promise.resolve(), query: () => undefined, transaction: () => undefined }
  await expect(migrate({ db, ...options } as never)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining(message) as string,
  })
})

it('refuses a dialect that there is not', () => {
  expect(() => migrationSql({ dialect: 'oracle' as never })).toThrow("`dialect` of migrationSql() must be 'postgres'")
  expect(() => migrationSql({} as never)).toThrow("`dialect` of migrationSql() must be 'postgres'")
})
