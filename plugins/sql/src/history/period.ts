import { sql, type RawBuilder } from 'kysely'
import type { OptionRules } from '@pipe/core'
import { text, time } from './rules.ts'

/** Of which pipeline, and of when. What is absent does not matter. */
export interface Period {
  readonly pipeline?: string
  /** Epoch ms: at or after. */
  readonly since?: number
  /** Epoch ms: before. */
  readonly until?: number
}

export const periodRules: OptionRules<Period> = { pipeline: text, since: time, until: time }

/** Holds for rows of a table that belong to a period. */
export const isIn = (table: string, { pipeline, since, until }: Period): RawBuilder<boolean> => {
  const column = (name: string) => sql.ref(`${table}.${name}`)
  const parts = [
    ...(pipeline === undefined ? [] : [sql`${column('pipeline')} = ${pipeline}`]),
    ...(since === undefined ? [] : [sql`${column('started_at')} >= ${since}`]),
    ...(until === undefined ? [] : [sql`${column('started_at')} < ${until}`]),
  ]
  return parts.length === 0 ? sql`1 = 1` : sql`${sql.join(parts, sql` and `)}`
}
