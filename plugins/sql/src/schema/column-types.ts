import type { Dialect } from '../drivers/driver.ts'

/** The types of columns, in a dialect. */
export interface ColumnTypes {
  /** Text of at most so many bytes that is looked for and ordered: byte by byte, as no language would. */
  readonly key: (bytes: number) => string
  /** Text of any length. */
  readonly text: string
  /** Times (epoch ms) and durations, to a thousandth of a millisecond: the same in every client, as whole numbers of 64 bits are not. */
  readonly number: string
  readonly count: string
}

const TYPES: Readonly<Record<Dialect, ColumnTypes>> = {
  postgres: { key: () => 'TEXT COLLATE "C"', text: 'TEXT', number: 'DOUBLE PRECISION', count: 'INTEGER' },
  mysql: { key: (bytes) => `VARBINARY(${bytes})`, text: 'LONGTEXT', number: 'DOUBLE', count: 'INTEGER' },
  sqlite: { key: () => 'TEXT', text: 'TEXT', number: 'REAL', count: 'INTEGER' },
}

export const columnTypes = (dialect: Dialect): ColumnTypes => TYPES[dialect]

/** What follows the columns of a table. */
export const tableOptions = (dialect: Dialect): string =>
  dialect === 'mysql' ? ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin' : ''
