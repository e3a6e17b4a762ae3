import { DatabaseSync } from 'node:sqlite'
import mysql from 'mysql2/promise'
import pg from 'pg'
import type { Database } from '../../src/index.ts'

/** A database as a process of its own opens it: by the location of a {@link TestDatabase} that processes can share. */
export function open(location: string): Database {
  if (location.startsWith('postgres')) return new pg.Pool({ connectionString: location })
  if (location.startsWith('mysql')) return mysql.createPool({ uri: location })
  return new DatabaseSync(location)
}
