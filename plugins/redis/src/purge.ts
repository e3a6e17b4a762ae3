import type { EndStatus } from '@pipe/state'
import type { Keys } from './keys.ts'
import { boundOf, endPlaceOf } from './place.ts'
import { textOf } from './reply.ts'
import type { RunIndex } from './run-index.ts'
import { forget } from './scripts/run.ts'
import type { Server } from './server.ts'

/** How many runs are forgotten at once: what others wait for meanwhile. Their memory is freed in the background. */
const AT_ONCE = 100

/**
 * Forgets a run that has ended, at `place` if one is given, and takes it out of the index.
 *
 * @returns what the script answers
 */
export async function forgetRun(server: Server, keys: Keys, index: RunIndex, id: string, place = ''): Promise<unknown> {
  const reply = await server.run(forget, [keys.run(id), keys.entries(id), keys.order(id)], [place])
  const [ended, created, pipeline, as] = Array.isArray(reply) ? (reply as readonly unknown[]) : []
  if (typeof ended === 'string')
    await Promise.all([index.dropEnd(ended, textOf(as), id), index.drop(textOf(created), id, textOf(pipeline))])
  return reply
}

/** Forgets runs that have ended, those that ended first, and answers how many. Each is forgotten as a whole. */
export async function purge(
  server: Server,
  keys: Keys,
  index: RunIndex,
  statuses: readonly EndStatus[],
  before: number,
  limit: number,
): Promise<number> {
  const wanted: readonly string[] = statuses
  const to = `(${boundOf(before)}`
  let from = '-'
  let forgotten = 0

  while (forgotten < limit) {
    const members = await index.read(keys.ended, from, to, 1_000, false)
    const ended = members.map(endPlaceOf).filter(({ as }) => wanted.includes(as))
    while (ended.length > 0 && forgotten < limit) {
      const some = ended.splice(0, Math.min(AT_ONCE, limit - forgotten))
      const done = await Promise.all(
        some.map(async ({ at, as, id }) => {
          const reply = await forgetRun(server, keys, index, id, at)
          if (reply === 'orphan') await index.dropEnd(at, as, id)
          return reply !== 'none' && reply !== 'orphan'
        }),
      )
      forgotten += done.filter(Boolean).length
    }
    if (members.length < 1_000) break
    from = `(${members.at(-1)!}`
  }
  return forgotten
}
