/** The language of a database. MariaDB speaks that of MySQL. */
export type Dialect = 'postgres' | 'mysql' | 'sqlite'

/** What a statement is given, and rows consist of: no booleans, no dates, no whole numbers beyond 2^53. */
export type Value = string | number | null

/** A statement with its parameters, as its dialect writes them: `$1` and so on in PostgreSQL, else `?`. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly Value[]
  /** Whether it is executed again and again with other parameters, so that a server had better remember how. */
  readonly often?: boolean
}

/** A row, by the names of its columns. What the database has as a whole number of 64 bits may be a string. */
export type Row = Readonly<Record<string, Value>>

/** What a statement did. */
export interface Answer {
  readonly rows: readonly Row[]
  /** How many rows it inserted, updated or deleted. MySQL counts one that it updated in place of an insertion twice. */
  readonly changes: number
}

/**
 * The statements of a transaction, each with its answer, and what comes of them. What a statement fails with is thrown
 * where it was yielded.
 */
export type Work<T> = () => Generator<Statement, T, Answer>

/**
 * The user's own database. It is opened, configured and closed by the user; errors are those of its client, see
 * `failure.ts`.
 *
 * What takes longer than `within`, ms, rejects, and the connection that it had is closed: the server may yet have done it.
 * It is waited for without end by default; in SQLite 5 s, and only for locks.
 */
export interface Driver {
  readonly dialect: Dialect
  /** Executes a statement that only reads. */
  read(statement: Statement, within?: number): Promise<Answer>
  /** Executes a statement by itself, as a transaction of its own. */
  write(statement: Statement, within?: number): Promise<Answer>
  /**
   * Does `work` in one transaction, and commits; rolls back when it throws. It may be done again from its beginning, when
   * it was in the way of another transaction: it must have no other effects.
   *
   * It is a generator since SQLite has to get all of it in one turn of the event loop: the connection is the user's, whose
   * statements would otherwise come in between.
   */
  transact<T>(work: Work<T>, within?: number): Promise<T>
}

/** The work of executing these statements. */
export const inOrder = (statements: readonly Statement[]): Work<number> =>
  function* () {
    let changes = 0
    for (const statement of statements) changes += (yield statement).changes
    return changes
  }
