import { isPipelineError, messageOf, PipelineError } from '@pipe/core'
// With the types of @pipe/state come its error codes.
import type {} from '@pipe/state'
import type { Dialect } from '../drivers/driver.ts'

const RIGHTS = 'The user of the database may not do this: README.md of @pipe/sql lists the rights that the store needs.'
const TABLES =
  'The tables are missing, or are not those of this version: call `migrate({ db, tables: "store" })` of @pipe/sql when you deploy, leave `migrate` out, or see that `prefix` is the same.'
const LOGIN = 'The database does not let the client in: look after user, password and the name of the database.'
const VALUES = 'The tables do not take what is written: give the store tables of its own, with another `prefix`.'
const FILE = 'The file cannot be used: it is damaged, is no SQLite database, or may not be written.'

/** What an error of PostgreSQL says that no waiting changes, by its code, or the first two characters of it: its class. */
const POSTGRES: Readonly<Record<string, string>> = {
  '42501': RIGHTS,
  '42': TABLES,
  '3F': TABLES,
  '22': VALUES,
  '23': VALUES,
  '28': LOGIN,
  '3D': LOGIN,
  '0A': 'The server lacks what the store needs: use PostgreSQL 12 or later.',
}

/** The same of MySQL and MariaDB, by number. */
const MYSQL: Readonly<Record<number, string>> = {
  1044: LOGIN,
  1045: LOGIN,
  1049: LOGIN,
  1698: LOGIN,
  1142: RIGHTS,
  1143: RIGHTS,
  1227: RIGHTS,
  1370: RIGHTS,
  1054: TABLES,
  1064: TABLES,
  1136: TABLES,
  1146: TABLES,
  1048: VALUES,
  1062: VALUES,
  1364: VALUES,
  1366: VALUES,
  1406: VALUES,
  1153: 'The server takes no packets of this size: raise `max_allowed_packet` to 16M or more.',
}

/** The same of SQLite, by the lowest byte of its result code, and by its name. */
const SQLITE: Readonly<Record<string, string>> = {
  1: TABLES,
  3: RIGHTS,
  8: FILE,
  11: FILE,
  19: VALUES,
  20: VALUES,
  26: FILE,
  ERROR: TABLES,
  PERM: RIGHTS,
  READONLY: FILE,
  CORRUPT: FILE,
  CONSTRAINT: VALUES,
  MISMATCH: VALUES,
  NOTADB: FILE,
}

/** What clients call an error by. */
interface Codes {
  readonly code?: unknown
  readonly errno?: unknown
  readonly errcode?: unknown
}

const codesOf = (error: unknown): Codes => (error instanceof Error ? (error as Codes) : {})

/** What is wrong for good, and what to do about it; `undefined` for what passes, for all we know. */
function remedyOf(dialect: Dialect, error: unknown): string | undefined {
  const { code, errno, errcode } = codesOf(error)
  if (dialect === 'mysql') return typeof errno === 'number' ? MYSQL[errno] : undefined
  if (dialect === 'sqlite') {
    // node:sqlite has the number, better-sqlite3 the name, both with what says more of the same.
    if (typeof errcode === 'number') return SQLITE[errcode & 0xff]
    const name = typeof code === 'string' ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined
    return name === undefined ? undefined : SQLITE[name]
  }
  // Those of a server have five characters; what else there is comes from the socket.
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return undefined
  return POSTGRES[code] ?? POSTGRES[code.slice(0, 2)]
}

/** What a primary key that is there already is called: by MySQL, node:sqlite, better-sqlite3. */
const DUPLICATE: readonly unknown[] = [1062, 1555, 'SQLITE_CONSTRAINT_PRIMARYKEY']

/** Whether a row was not inserted since there is one with its key. */
export function isDuplicate(error: unknown): boolean {
  const { code, errno, errcode } = codesOf(error)
  return [code, errno, errcode].some((one) => DUPLICATE.includes(one))
}

/** What is found before the store is used. */
const UNFIT: readonly string[] = ['TABLES_MISSING', 'DATABASE_FAILED']

/** Any failure of a client as the error that the contract of stores asks for. */
export function storeFailureOf(dialect: Dialect, error: unknown): PipelineError {
  if (isPipelineError(error)) return UNFIT.includes(error.code) ? unfit(dialect, error.message, error) : error
  const said = wordsOf(error)
  const remedy = remedyOf(dialect, error)
  return remedy === undefined
    ? unavailable(dialect, said, error)
    : unfit(dialect, `${remedy} The database said: ${said}`, error)
}

/** Of a host with several addresses Node tries all, and tells of each in an error that has no message of its own. */
function wordsOf(error: unknown): string {
  const said = messageOf(error)
  if (said !== '' || !(error instanceof AggregateError)) return said
  return error.errors.map(messageOf).join('; ')
}

/** The error for what no waiting changes. `why` is whole sentences. */
export const unfit = (dialect: Dialect, why: string, cause?: unknown): PipelineError =>
  new PipelineError('STORE_UNFIT', `The ${dialect} store cannot work. ${why}`, details(cause))

/** The error for a database that may answer later. `why` follows a colon. */
const unavailable = (dialect: Dialect, why: string, cause?: unknown): PipelineError =>
  new PipelineError('STORE_UNAVAILABLE', `The ${dialect} store cannot be reached now: ${why}`, details(cause))

const details = (cause: unknown) => ({ plugin: 'sql', ...(cause !== undefined && { cause }) })
