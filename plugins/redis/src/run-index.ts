import { unavailable } from './failure.ts'
import type { Keys } from './keys.ts'
import { listOf, textOf } from './reply.ts'
import { announce } from './scripts/announce.ts'
import type { Server } from './server.ts'

/**
 * The index of runs: sorted sets of places. It is not of one atom with the runs, for on a cluster they are on other
 * servers. So a place is announced before anything happens to a run: the index may name what did not happen, but nothing
 * happens that it does not name, whoever dies in between. Readers ask each run whether it is there, and what never came
 * is tidied away. What tidies never rejects.
 */
export interface RunIndex {
  /** Announces that a run will be created, and calls `create` with its place until it says that the place is of use. */
  readonly create: <R>(id: string, pipeline: string, create: (place: string) => Promise<R | 'announce'>) => Promise<R>
  /** Announces that a run will end, and calls `end` in the same way. */
  readonly end: <R>(id: string, as: string, end: (place: string) => Promise<R | 'announce'>) => Promise<R>
  /** Takes a place of a run back, in all sets that may have it; in those of its pipeline if that is known. */
  readonly drop: (place: string, id: string, pipeline?: string) => Promise<void>
  /** A run has ended, or begins anew: its place is none among those that live. */
  readonly dropLive: (place: string, id: string, pipeline?: string) => Promise<void>
  /** Takes a place in the set of runs that have ended back. */
  readonly dropEnd: (place: string, as: string, id: string) => Promise<void>
  /** Makes sure that a run has its place: servers of a cluster can lose what they keep each for itself. */
  readonly restore: (place: string, id: string, pipeline: string) => Promise<void>
  /** The first `count` members of a set between two bounds of ZRANGE, backwards from the upper one if `last`. */
  readonly read: (key: string, from: string, to: string, count: number, last: boolean) => Promise<readonly string[]>
}

/** How often a place that came to be too old is announced again. */
const ATTEMPTS = 3

/** The index of the store with these keys. */
export function runIndex(server: Server, { created, live, ended, createdOf, liveOf }: Keys): RunIndex {
  const livesIn = (pipeline?: string) => (pipeline === undefined ? [live] : [live, liveOf(pipeline)])
  const isIn = (pipeline?: string) => [
    created,
    ...livesIn(pipeline),
    ...(pipeline === undefined ? [] : [createdOf(pipeline)]),
  ]
  // What fails here changes no answer, and whoever reads the index next tidies it.
  const tidy = async (command: string, ...args: string[]) => {
    await server.command(command, ...args).catch(() => undefined)
  }
  const announced = async <R>(keys: string[], what: string, use: (place: string) => Promise<R | 'announce'>) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await use(textOf(await server.run(announce, keys, [what])))
      if (result !== 'announce') return result
    }
    throw unavailable('its answers take more than a minute, or the clocks of its nodes differ by as much.')
  }

  return {
    create: (id, pipeline, create) => announced(isIn(pipeline), id, create),
    end: (id, as, end) => announced([ended], `${as}:${id}`, end),
    drop: async (place, id, pipeline) => {
      await Promise.all(isIn(pipeline).map((key) => tidy('ZREM', key, `${place}:${id}`)))
    },
    dropLive: async (place, id, pipeline) => {
      await Promise.all(livesIn(pipeline).map((key) => tidy('ZREM', key, `${place}:${id}`)))
    },
    dropEnd: (place, as, id) => tidy('ZREM', ended, `${place}:${as}:${id}`),
    restore: async (place, id, pipeline) => {
      await Promise.all(isIn(pipeline).map((key) => tidy('ZADD', key, '0', `${place}:${id}`)))
    },
    read: async (key, from, to, count, last) => {
      const range = last ? [to, from, 'BYLEX', 'REV'] : [from, to, 'BYLEX']
      return listOf(await server.command('ZRANGE', key, ...range, 'LIMIT', '0', String(count))).map(textOf)
    },
  }
}
