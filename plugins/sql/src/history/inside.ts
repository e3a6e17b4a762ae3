import { type RawBuilder, sql } from 'kysely'
import type { Dialect } from '../drivers/driver.ts'

/** What follows the path of a step in that of what is inside of it, and the character after each. */
const RANGES = [
  ['/', '0'],
  ['[', '\\'],
] as const

const ranges = (path: string, bound: (suffix: string) => RawBuilder<string>): RawBuilder<boolean> =>
  sql`(${sql.join(
    RANGES.map(([from, to]) => sql`(${sql.ref(path)} >= ${bound(from)} and ${sql.ref(path)} < ${bound(to)})`),
    sql` or `,
  )})`

/** Holds for rows whose column `path` has something that is inside of the step at `outer`. Paths are ordered byte by byte. */
export const isInside = (path: string, outer: string): RawBuilder<boolean> =>
  ranges(path, (suffix) => sql`${outer + suffix}`)

/** {@link isInside} for a step whose path is in the column `outer`. */
export const isInsideOf = (dialect: Dialect, path: string, outer: string): RawBuilder<boolean> =>
  ranges(path, (suffix) =>
    dialect === 'mysql' ? sql`concat(${sql.ref(outer)}, ${suffix})` : sql`${sql.ref(outer)} || ${suffix}`,
  )

/** A part of a path but the first. Keys of items may hold anything, with `\` before `]` and `\`. */
const PART = /\/|\[(?:\\.|[^\]\\])*\]/gs

/** The paths of what a step is inside of, the outermost first: of `send[a]/mail` they are `send` and `send[a]`. */
export const outerPaths = (path: string): readonly string[] =>
  Array.from(path.matchAll(PART), ({ index }) => path.slice(0, index))
