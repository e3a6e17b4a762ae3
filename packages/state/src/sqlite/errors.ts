import { messageOf, PipelineError } from '@pipe/core'

/** What node:sqlite throws when SQLite complains: its result code, extended. */
interface SqliteError extends Error {
  readonly errcode: number
}

const BUSY = 5

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'

/** The low byte of an extended result code says what happened, the rest where. */
const primary = ({ errcode }: SqliteError) => errcode & 0xff

/** Whether another connection has what is needed, so that it may work a moment later. */
export const isBusy = (error: unknown): boolean => isSqliteError(error) && primary(error) === BUSY

/** What the result codes of SQLite mean for the store; https://sqlite.org/rescode.html has their names. */
const COMPLAINTS: Readonly<Record<number, readonly [code: 'STORE_UNAVAILABLE' | 'STORE_UNFIT', what: string]>> = {
  1: ['STORE_UNFIT', 'has tables that are not those of this version. Give the store a file of its own'],
  3: ['STORE_UNFIT', 'may not be used. Give this process the right to read and to write it'],
  [BUSY]: ['STORE_UNAVAILABLE', 'is locked by another connection. End long transactions, or raise `busyTimeoutMs`'],
  6: ['STORE_UNAVAILABLE', 'is locked by another connection. End long transactions, or raise `busyTimeoutMs`'],
  8: ['STORE_UNFIT', 'cannot be written. Give this process the right to write it and its folder'],
  10: ['STORE_UNAVAILABLE', 'cannot be read or written. Look after the disk'],
  11: ['STORE_UNFIT', 'is damaged. Restore it from a copy, or move it away'],
  13: ['STORE_UNAVAILABLE', 'cannot grow, since the disk is full. Make room'],
  14: ['STORE_UNAVAILABLE', 'cannot be opened. Look whether it is a file, and this process may use it and its folder'],
  26: ['STORE_UNFIT', 'is not a SQLite database. Name another file'],
}

/** The error of the store for anything that was thrown while it used `file`. */
export function storeError(file: string, error: unknown): unknown {
  if (isSqliteError(error)) {
    const [code, what] = COMPLAINTS[primary(error)] ?? ['STORE_UNAVAILABLE', 'cannot be used now']
    return new PipelineError(code, told(file, what, error), { cause: error })
  }
  const isOfSystem = error instanceof Error && 'syscall' in error
  if (!isOfSystem) return error
  const what = 'cannot be made. Look whether its folder is one, and this process may write it'
  return new PipelineError('STORE_UNAVAILABLE', told(file, what, error), { cause: error })
}

const told = (file: string, what: string, error: Error) =>
  `The file ${file} of the sqlite store ${what}: ${messageOf(error)}.`
