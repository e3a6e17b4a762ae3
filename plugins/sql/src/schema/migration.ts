import type { Dialect } from '../drivers/driver.ts'
import { columnTypes, type ColumnTypes, tableOptions } from './column-types.ts'
import { indexNameOf } from './index-name.ts'

/**
 * A change of the tables. Once published it stays as it is. Changes only add, so that an older version of this package
 * works on newer tables.
 */
export interface Migration {
  /** What is recorded once it is done. */
  readonly name: string
  /**
   * The statements. In MySQL each is a transaction of its own: it must do nothing when it has been done already.
   *
   * @param prefix what the names of tables and indexes begin with
   */
  readonly statements: (dialect: Dialect, prefix: string) => readonly string[]
}

/** A table as a migration makes it. */
export interface NewTable {
  readonly name: string
  /** Each with its type and what else it is: `run_id ${key(200)} NOT NULL`. */
  readonly columns: (types: ColumnTypes) => readonly string[]
  readonly primaryKey: readonly string[]
  readonly indexes?: readonly NewIndex[]
}

/** An index, named after its table and columns. */
interface NewIndex {
  readonly columns: readonly string[]
  /** Which rows it holds, where the dialect can: MySQL has them all. */
  readonly where?: string
}

/** The statements that make tables. */
export const creationOf =
  (...tables: readonly NewTable[]): Migration['statements'] =>
  (dialect, prefix) =>
    tables.flatMap((table) => statementsOf(table, dialect, prefix))

function statementsOf(table: NewTable, dialect: Dialect, prefix: string): readonly string[] {
  const { name, primaryKey, indexes = [] } = table
  const indexName = ({ columns }: NewIndex) => indexNameOf(prefix + name, columns)
  const list = (columns: readonly string[]) => `(${columns.join(', ')})`
  const lines = [...table.columns(columnTypes(dialect)), `PRIMARY KEY ${list(primaryKey)}`]
  // MySQL cannot create an index only if there is none, but with the table.
  if (dialect === 'mysql') lines.push(...indexes.map((index) => `INDEX ${indexName(index)} ${list(index.columns)}`))
  const create = `CREATE TABLE IF NOT EXISTS ${prefix}${name} (\n  ${lines.join(',\n  ')}\n)${tableOptions(dialect)}`
  if (dialect === 'mysql') return [create]
  const creations = indexes.map((index) => {
    const where = index.where === undefined ? '' : ` WHERE ${index.where}`
    return `CREATE INDEX IF NOT EXISTS ${indexName(index)} ON ${prefix}${name} ${list(index.columns)}${where}`
  })
  return [create, ...creations]
}
