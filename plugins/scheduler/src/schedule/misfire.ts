/**
 * What becomes of slots that have passed without a run, when nobody was there or the process was busy.
 *
 * - `once` (default): the last of them fires
 * - `skip`: none of them does, but for the last one while that is late by less than a second
 * - `all`: each fires, at most the last 100
 */
export type Misfire = 'once' | 'skip' | 'all'
