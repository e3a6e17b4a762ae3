import { invalidOption } from '@pipe/core'
import { type Acquired, guardStore, type LeaseRequest, type NewRun, type StateStore } from '@pipe/state'
import { nodesOf, sender } from './client.ts'
import { warningsOf } from './fitness.ts'
import { keysOf } from './keys.ts'
import { list } from './list.ts'
import { type RedisStoreOptions, settingsOf } from './options.ts'
import { forgetRun, purge } from './purge.ts'
import { isOne, listOf, textOf } from './reply.ts'
import { runIndex } from './run-index.ts'
import { acquire } from './scripts/acquire.ts'
import { commit, page } from './scripts/entries.ts'
import { end, release, renew } from './scripts/lease.ts'
import { command, get, revive } from './scripts/run.ts'
import { serverOf } from './server.ts'
import { requestOf, runOrNone, storedRunOf } from './stored-run.ts'
import { sweeperOf } from './sweeper.ts'
import { watchOf } from './watch.ts'
import { fromWire, toWire } from './wire.ts'

/**
 * Keeps runs on a Redis server, or a cluster: durable, and shared by all processes that use the same `prefix`.
 *
 * Each method is one script, which the server runs as a whole or not at all; only `list`, `purge` and the first
 * `acquire` of a run ask more than once. What a crash leaves between two questions is neither seen nor kept. Nothing is
 * asked again after a failure: that is the business of `durable()`.
 *
 * ```ts
 * const store = redisStore({ client: new Redis('redis://localhost') })
 * ```
 *
 * `open` rejects with `STORE_UNFIT` for a server that is older than Redis 7.0, or may evict runs; methods reject with
 * `STORE_UNAVAILABLE` when the server does not answer in time or cannot do what it is asked now, with what the client
 * rejected with as `cause`.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function redisStore(options: RedisStoreOptions): StateStore {
  const { client, prefix, timeout, onWarning } = settingsOf(options)
  const server = serverOf(sender(client), timeout)
  const keys = keysOf(prefix)
  const index = runIndex(server, keys)
  // Nobody waits for it, so it waits for as long as the client does.
  const nodes = () => nodesOf(client).map((send) => serverOf(send, Infinity))
  const sweeper = sweeperOf(serverOf(sender(client), Infinity), nodes, keys)
  const watch = watchOf(client, keys.commands)
  const keysOfRun = (id: string) => [keys.run(id), keys.entries(id), keys.order(id)]

  /** Takes a run that is known, or creates it at `place`. */
  const take = async (
    { id, pipeline, data }: NewRun,
    { owner, leaseMs, maxCrashes, anew }: LeaseRequest,
    place?: string,
  ): Promise<Acquired | 'announce'> => {
    const request = [toWire(owner), String(leaseMs), String(maxCrashes), anew === true ? '1' : '0']
    const made = place === undefined ? [''] : [place, toWire(pipeline), toWire(data)]
    const reply = await server.run(acquire, keysOfRun(id), [...request, ...made])
    if (reply === 'announce') return reply
    const [fence, created, row, replaced, replacedOf] = listOf(reply)
    const { run, place: current } = storedRunOf(id, row)
    if (typeof replaced === 'string') await index.drop(replaced, id, textOf(replacedOf))
    if (place !== undefined && place !== current) await index.drop(place, id, toWire(pipeline))
    if (fence !== null && !isOne(created)) await index.restore(current, id, toWire(run.pipeline))
    return { fence: fence === null ? null : run.fence, created: isOne(created), run }
  }

  return guardStore({
    name: 'redis',
    durable: true,
    shared: true,
    maxValueBytes: 4 * 1024 * 1024,

    open: async () => {
      for (const warning of await warningsOf(server)) onWarning(warning)
      sweeper.wake()
    },
    close: async () => {
      await Promise.all([sweeper.stop(timeout), watch.close()])
    },

    acquire: async (run, request) => {
      const acquired = await take(run, request)
      return acquired === 'announce'
        ? index.create(run.id, toWire(run.pipeline), (place) => take(run, request, place))
        : acquired
    },
    renew: async (id, fence, leaseMs) => {
      const reply = await server.run(renew, [keys.run(id)], [String(fence), String(leaseMs)])
      if (reply === null) return null
      const [command, reason] = listOf(reply)
      return requestOf(command, reason)
    },
    release: async (id, fence, as, outcome) => {
      const said = outcome === undefined ? [] : [toWire(outcome)]
      return isOne(await server.run(release, [keys.run(id)], [String(fence), as, ...said]))
    },
    commit: async (id, fence, entries) => {
      const args = [String(fence)]
      for (const { key, value, final } of entries) args.push(toWire(key), (final ? 'f' : 'o') + toWire(value))
      return isOne(await server.run(commit, keysOfRun(id), args))
    },
    end: (id, fence, as, outcome) =>
      index.end(id, as, async (place) => {
        const reply = await server.run(end, [keys.run(id)], [String(fence), as, toWire(outcome), place])
        if (reply === 'announce') return reply
        const [ended, created, pipeline] = listOf(reply)
        if (typeof created === 'string') await index.dropLive(created, id, textOf(pipeline))
        else await index.dropEnd(place, as, id)
        return isOne(ended)
      }),

    get: async (id) => runOrNone(id, await server.run(get, [keys.run(id)], [])),
    entries: async (id, after = '0') => {
      if (!/^\d{1,15}$/.test(after)) {
        const site = { owner: 'entries() of the redis store', plugin: 'redis' }
        throw invalidOption(site, after, 'the `next` of a page of entries()', 'after')
      }
      const [next, ...flat] = listOf(await server.run(page, [keys.entries(id), keys.order(id)], [after])).map(textOf)
      const items = []
      for (let i = 0; i < flat.length; i += 2) {
        const value = flat[i + 1]!
        items.push({ key: fromWire(flat[i]!), value: fromWire(value.slice(1)), final: value.startsWith('f') })
      }
      return { items, ...(next !== undefined && next !== '' && { next }) }
    },
    list: (filter, limit, after) => {
      sweeper.wake()
      return list(server, keys, index, filter, limit, after)
    },

    command: async (id, asked, reason) => {
      const said = reason === undefined ? [] : [toWire(reason)]
      const reply = await server.run(command, [keys.run(id)], [asked, ...said])
      if (reply === null) return undefined
      const [changed, row] = listOf(reply)
      // Not in the script, which would end halfway where the user of the client may not publish. It is a hint.
      if (isOne(changed)) await server.command('PUBLISH', keys.commands, id).catch(() => undefined)
      return storedRunOf(id, row).run
    },
    revive: async (id) => runOrNone(id, await server.run(revive, [keys.run(id)], [])),
    delete: async (id) => {
      const reply = await forgetRun(server, keys, index, id)
      if (reply === null) return undefined
      const [ended, run] = listOf(reply)
      return ended === null ? storedRunOf(id, run).run : undefined
    },
    purge: (statuses, before, limit) => purge(server, keys, index, statuses, before, limit),
    now: async () => {
      const [seconds, microseconds] = listOf(await server.command('TIME'))
      return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
    },
    watch: watch.add,
  })
}
