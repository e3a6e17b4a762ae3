import { type RawBuilder, sql } from 'kysely'
import { notACursor } from './rules.ts'

/** Where a row is in a list that is ordered by time, and then by a text. */
export interface Place {
  readonly time: number
  readonly key: string
}

/** A place, as a page hands it out. */
export const writePlace = ({ time, key }: Place): string => `${time}/${key}`

/**
 * The place that a page handed out.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function readPlace(after: string, method: string): Place {
  const [, time, key] = /^(-?\d[\d.e+-]*)\/([^\0]+)$/s.exec(after) ?? []
  if (key === undefined || !Number.isFinite(Number(time))) throw notACursor(after, method)
  return { time: Number(time), key }
}

/** Holds for rows that come after a place. Not a comparison of pairs: MariaDB has no index for it. */
export function comesAfter(place: Place, key: 'run_id' | 'path', order: 'asc' | 'desc'): RawBuilder<boolean> {
  const { time } = place
  const than = sql.raw(order === 'asc' ? '>' : '<')
  return sql<boolean>`started_at ${than}= ${time} and (started_at ${than} ${time} or ${sql.ref(key)} ${than} ${place.key})`
}
