import { isPipelineError, messageOf, PipelineError } from '@pipe/core'
import { fieldOf } from './drivers/transactions.ts'

const TABLE_MISSING: readonly unknown[] = ['42P01', 'ER_NO_SUCH_TABLE']

/** Whether a statement failed since a table is not there. SQLite says so in words alone. */
export function isTableMissing(error: unknown): boolean {
  return TABLE_MISSING.includes(fieldOf(error, 'code')) || messageOf(error).startsWith('no such table')
}

/** Data exceptions, broken constraints, limits of the program: the same row will never be taken. */
const DATA_POSTGRES = /^(22|23|54)/
/** Too long, no such character, out of range, too large for a packet, no JSON. */
const DATA_MYSQL: readonly unknown[] = [1406, 1366, 1264, 1153, 3140, 4038]
/** Too big, a broken constraint, a wrong type. */
const DATA_SQLITE: readonly unknown[] = [18, 19, 20]

/** Whether a statement failed because of what it was to write, and always will. */
export function isDataError(error: unknown): boolean {
  const [code, errno, errcode] = [fieldOf(error, 'code'), fieldOf(error, 'errno'), fieldOf(error, 'errcode')]
  if (typeof errno === 'number') return DATA_MYSQL.includes(errno)
  if (typeof errcode === 'number') return DATA_SQLITE.includes(errcode & 0xff)
  if (typeof code !== 'string') return false
  return code.length === 5 ? DATA_POSTGRES.test(code) : /^SQLITE_(TOOBIG|CONSTRAINT|MISMATCH)/.test(code)
}

/** Anything that a database fails with as one of our errors. */
export function failureOf(error: unknown): PipelineError {
  if (isPipelineError(error)) return error
  const details = { plugin: 'sql', cause: error }
  const said = messageOf(error)
  if (isTableMissing(error))
    return new PipelineError(
      'TABLES_MISSING',
      `The database does not have the tables: ${said}. Run a pipeline with tracker() first, or call migrate() of @pipe/sql; and see that \`prefix\` is the same.`,
      details,
    )
  return new PipelineError('DATABASE_FAILED', `The database could not be asked: ${said}`, details)
}
