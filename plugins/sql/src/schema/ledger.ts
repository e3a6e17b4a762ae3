import type { Dialect, Statement, Value } from '../drivers/driver.ts'
import { columnTypes, tableOptions } from './column-types.ts'

/** The table that says which migrations were done. */
export const ledgerOf = (dialect: Dialect, prefix: string) => {
  const { key, number } = columnTypes(dialect)
  const table = `${prefix}pipe_migrations`
  const columns = `name ${key(100)} NOT NULL PRIMARY KEY, applied_at ${number} NOT NULL`
  const [first, second] = dialect === 'postgres' ? ['$1', '$2'] : ['?', '?']
  const unlessThere =
    dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE applied_at = applied_at' : 'ON CONFLICT (name) DO NOTHING'
  const statement = (sql: string, ...parameters: Value[]): Statement => ({ sql, parameters })
  return {
    create: statement(`CREATE TABLE IF NOT EXISTS ${table} (${columns})${tableOptions(dialect)}`),
    done: statement(`SELECT name FROM ${table}`),
    add: (name: string, at: number) =>
      statement(`INSERT INTO ${table} (name, applied_at) VALUES (${first}, ${second})`, name, at),
    /** For what may be executed again. */
    addOnce: (name: string) => `INSERT INTO ${table} (name, applied_at) VALUES ('${name}', 0) ${unlessThere}`,
  }
}
