import { describeStore, type StoreBackend } from '@pipe/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Database, sqlStore } from '../../src/index.ts'
import { cutOff } from '../support/cut-off.ts'
import { libraries, shared, type TestDatabase } from '../support/databases.ts'
import { tell } from './support.ts'

describe.each(libraries)('with %s', (library, make) => {
  const isShared = shared.some(([name]) => name === library)
  let database: TestDatabase
  let databases: readonly Database[]
  let stores = 0
  beforeAll(async () => {
    database = await make()
    databases = isShared ? [database.db, database.another()] : [database.db]
    // It is not the disk that is tested.
    for (const db of databases) if ('exec' in db && !('waitReady' in db)) db.exec('PRAGMA synchronous = off')
  })
  afterAll(() => database.remove())

  describeStore(
    library,
    () => {
      const prefix = `own${++stores}_`
      let clients = 0
      const storeOn = (db: Database) => sqlStore({ db, prefix })
      const backendOf = (of: readonly Database[]): StoreBackend => ({
        client: () => storeOn(of[clients++ % of.length]!),
        // The clock of a server cannot be set: what is kept of leases is moved instead.
        adjust: (ms) => {
          const moved = `lease_until = lease_until - (${ms}), leased_at = leased_at - (${ms})`
          return tell(of[0]!, `UPDATE ${prefix}durable_runs SET ${moved} WHERE lease_until > 0`)
        },
        cutOff: (statements) => {
          const cut = cutOff(library, of[0]!)
          const store = storeOn(cut.db)
          return { ...store, open: () => store.open().then(() => cut.after(statements)) }
        },
        ...(isShared && { reopen: () => backendOf([database.another()]) }),
      })
      return backendOf(databases)
    },
    // There are five libraries.
    { describe, test, histories: 30 },
  )
})
