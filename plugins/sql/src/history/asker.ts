import type { Compilable, Kysely } from 'kysely'
import { inOrder, type Dialect, type Driver } from '../drivers/driver.ts'
import { failureOf } from '../failure.ts'
import { builderOf, statementOf } from '../query.ts'
import type { HistoryTables } from '../schema/tables.ts'

const TABLES = ['pipeline_executions', 'step_executions', 'step_attempts'] as const

/** Asks the tables of the history. What fails does so with an error of ours. */
export interface Asker {
  readonly dialect: Dialect
  readonly builder: Kysely<HistoryTables>
  /** How long ago a worker was seen last whose runs are lost. */
  readonly lostAfterMs: number
  /** The rows that a query answers with. */
  readonly ask: <O>(query: Compilable<O>) => Promise<readonly O[]>
  /** Executes a statement in a transaction of its own, and answers how many rows it changed. */
  readonly change: (query: Compilable) => Promise<number>
}

export const askerOf = (driver: Driver, prefix: string, lostAfterMs: number): Asker => ({
  dialect: driver.dialect,
  lostAfterMs,
  builder: builderOf<HistoryTables>(driver.dialect, TABLES, prefix),
  ask: async <O>(query: Compilable<O>) => {
    try {
      const { rows } = await driver.read(statementOf(query))
      // The builder knows what the database answers with.
      return rows as readonly O[]
    } catch (error) {
      throw failureOf(error)
    }
  },
  change: async (query) => {
    try {
      return await driver.transact(inOrder([statementOf(query)]))
    } catch (error) {
      throw failureOf(error)
    }
  },
})
