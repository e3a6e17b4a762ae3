import { invalidOption } from '@pipe/core'
import type { Page, RunFilter, RunState, StoredRun } from '@pipe/state'
import type { Keys } from './keys.ts'
import { boundOf, isPlace, placeOf } from './place.ts'
import type { RunIndex } from './run-index.ts'
import { look } from './scripts/run.ts'
import type { Server } from './server.ts'
import { storedRunOf } from './stored-run.ts'
import { toWire } from './wire.ts'

const ends: readonly RunState[] = ['succeeded', 'failed', 'cancelled']

/**
 * Runs, the last created first. The index says where they are; each run says itself whether it is one of them, so what a
 * page shows of a run is of one moment. Runs that live have an index of their own, and so have those of each pipeline: to
 * look for those that are stalled costs nothing for those that have ended, or are of other pipelines.
 */
export async function list(
  server: Server,
  keys: Keys,
  index: RunIndex,
  { pipeline, states, since, until }: RunFilter,
  limit: number,
  after?: string,
): Promise<Page<StoredRun>> {
  if (after !== undefined && !isPlace(after)) {
    const site = { owner: 'list() of the redis store', plugin: 'redis' }
    throw invalidOption(site, after, 'the `next` of a page of list()', 'after')
  }
  if (states?.length === 0) return { items: [] }
  const lives = states?.every((state) => !ends.includes(state)) === true
  const name = pipeline === undefined ? undefined : toWire(pipeline)
  const key = name === undefined ? (lives ? keys.live : keys.created) : lives ? keys.liveOf(name) : keys.createdOf(name)
  const wanted = [name ?? '', states === undefined ? '' : `,${states.join(',')},`]
  const from = since === undefined ? '-' : `[${boundOf(since)}`
  const below = [until === undefined ? [] : [boundOf(until)], after ?? []].flat().sort()[0]
  let to = below === undefined ? '+' : `(${below}`
  const chunk = Math.max(limit + 1, 100)
  const items: StoredRun[] = []
  let last = ''

  for (;;) {
    const members = await index.read(key, from, to, chunk, true)
    const found = await Promise.all(
      members.map(async (member) => {
        const { at, id } = placeOf(member)
        const reply = await server.run(look, [keys.run(id)], [at, ...wanted])
        if (reply === 'orphan') await index.drop(at, id, name)
        if (reply === 'ended' && lives) await index.dropLive(at, id, name)
        return reply
      }),
    )
    for (const [i, reply] of found.entries()) {
      if (typeof reply === 'string') continue
      if (items.length === limit) return { items, next: last }
      last = members[i]!
      items.push(storedRunOf(placeOf(last).id, reply).run)
    }
    if (members.length < chunk) return { items }
    to = `(${members.at(-1)!}`
  }
}
