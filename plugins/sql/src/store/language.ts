import type { Dialect, Statement, Value } from '../drivers/driver.ts'

/** What the dialects say differently. */
export interface Language {
  readonly dialect: Dialect
  /** The time of the store, epoch ms: a whole number. */
  readonly now: string
  /** The same in µs. */
  readonly nowMicros: string
  /** The name of the function whose answer is the larger of two. */
  readonly larger: 'GREATEST' | 'MAX'
  /** The name of the function that knows how long a text is without reading it, where there is one. */
  readonly length: 'OCTET_LENGTH' | 'LENGTH'
  /** What follows a `SELECT` whose rows nobody else is to change until the transaction ends. */
  readonly forUpdate: string
  /** What follows a parameter that is a text, or a number, where nothing else says so. */
  readonly text: '' | '::text'
  readonly number: '' | '::double precision'
  /** What follows an `INSERT` of entries: those that are final stay as they are. `entries` is the name of the table. */
  readonly unlessFinal: (entries: string) => string
  /** A statement with a `?` for each parameter, in the words of the dialect. */
  readonly written: (sql: string) => string
}

/** PostgreSQL measures from the epoch itself; `statement_timestamp()` does not stand still in a transaction. */
const POSTGRES_SECONDS = 'extract(epoch FROM statement_timestamp())'
/** The zone of the session has an hour twice a year that is told twice: UTC has not. */
const MYSQL_MICROS = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))`
const SQLITE_MS = `CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`

const upsert = (entries: string) => `
  ON CONFLICT (born, run_id, entry_key) DO UPDATE SET final = excluded.final, size = excluded.size,
  value = excluded.value, recorded_at = excluded.recorded_at WHERE ${entries}.final = 0`

/** The row without a key is final, but for its time: see `commitOf`. What is assigned last decides about all before it. */
const mysqlUpsert = (entries: string) => `
  ON DUPLICATE KEY UPDATE value = IF(${entries}.final = 1, ${entries}.value, VALUES(value)),
  size = IF(${entries}.final = 1, ${entries}.size, VALUES(size)),
  recorded_at = IF(${entries}.final = 1 AND ${entries}.entry_key <> '', ${entries}.recorded_at, VALUES(recorded_at)),
  final = GREATEST(${entries}.final, VALUES(final))`

const LANGUAGES: Readonly<Record<Dialect, Language>> = {
  postgres: {
    dialect: 'postgres',
    now: `floor(${POSTGRES_SECONDS} * 1000)::double precision`,
    nowMicros: `floor(${POSTGRES_SECONDS} * 1000000)::double precision`,
    larger: 'GREATEST',
    length: 'OCTET_LENGTH',
    forUpdate: 'FOR UPDATE',
    text: '::text',
    number: '::double precision',
    unlessFinal: upsert,
    written: (sql) => {
      let count = 0
      return sql.replaceAll('?', () => `$${++count}`)
    },
  },
  mysql: {
    dialect: 'mysql',
    now: `FLOOR(${MYSQL_MICROS} / 1000)`,
    nowMicros: MYSQL_MICROS,
    larger: 'GREATEST',
    length: 'OCTET_LENGTH',
    forUpdate: 'FOR UPDATE',
    text: '',
    number: '',
    unlessFinal: mysqlUpsert,
    written: (sql) => sql,
  },
  sqlite: {
    dialect: 'sqlite',
    now: SQLITE_MS,
    nowMicros: `${SQLITE_MS} * 1000`,
    larger: 'MAX',
    length: 'LENGTH',
    forUpdate: '',
    text: '',
    number: '',
    unlessFinal: upsert,
    written: (sql) => sql,
  },
}

/**
 * The language of a database.
 *
 * @param aheadMs how far its clock is ahead, ms, as an expression: for tests, in which time passes
 */
export function languageOf(dialect: Dialect, aheadMs?: string): Language {
  const language = LANGUAGES[dialect]
  if (aheadMs === undefined) return language
  const { now, nowMicros } = language
  return { ...language, now: `(${now} + ${aheadMs})`, nowMicros: `(${nowMicros} + 1000 * ${aheadMs})` }
}

/** Makes statements of a text, which has a `?` for each parameter. */
export function template(language: Language, sql: string, often = false): (...parameters: Value[]) => Statement {
  const written = language.written(sql.trim().replace(/\s+/g, ' '))
  return (...parameters) => ({ sql: written, parameters, often })
}
