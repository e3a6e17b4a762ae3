import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Database } from '@pipe/sql'
import mysql from 'mysql2/promise'
import pg from 'pg'

/** A database that is open; disposing it closes it. */
export interface OpenDatabase extends AsyncDisposable {
  readonly db: Database
}

/**
 * Opens a database by where it is: `postgres://…`, `mysql://…` (MariaDB too), or the path of a SQLite file, which is made
 * when it is not there.
 *
 * @throws Error that names an address of another kind
 */
export function openDatabase(location: string): OpenDatabase {
  switch (/^(\w+):\/\//.exec(location)?.[1]) {
    case 'postgres':
    case 'postgresql': {
      const db = new pg.Pool({ connectionString: location })
      // A connection that broke while nobody used it: the next question opens another.
      db.on('error', () => undefined)
      return { db, [Symbol.asyncDispose]: () => db.end() }
    }
    case 'mysql':
    case 'mariadb': {
      const db = mysql.createPool({ uri: location.replace(/^mariadb:/, 'mysql:') })
      return { db, [Symbol.asyncDispose]: () => db.end() }
    }
    case undefined: {
      mkdirSync(dirname(location), { recursive: true })
      // Another process writes to it at the same time: each waits for the other, and readers for nobody.
      const db = new DatabaseSync(location, { timeout: 5_000 })
      db.exec('PRAGMA journal_mode = WAL')
      return {
        db,
        [Symbol.asyncDispose]: () => {
          db.close()
          return Promise.resolve()
        },
      }
    }
    default:
      throw new Error(`DATABASE_URL is to begin with postgres:// or mysql://, not ${location.split('//')[0]}//.`)
  }
}
