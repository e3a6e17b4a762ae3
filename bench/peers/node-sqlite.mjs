// What a durable step cannot do without: one row in one table, by SQLite itself.
import { DatabaseSync } from 'node:sqlite'

/** Keeps entries of one run, each in a transaction of its own. */
export function commits(file) {
  const db = new DatabaseSync(file)
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE entries (run INTEGER, key TEXT, final INTEGER, value TEXT, UNIQUE (run, key)) STRICT`)
  const insert = db.prepare('INSERT INTO entries (run, key, final, value) VALUES (?, ?, ?, ?)')
  return (entries) => {
    for (const { key, final, value } of entries) insert.run(1, key, final ? 1 : 0, value)
    return true
  }
}
