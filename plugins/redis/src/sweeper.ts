import { isRunId } from '@pipe/state'
import type { Keys } from './keys.ts'
import { listOf, textOf } from './reply.ts'
import { places } from './scripts/run.ts'
import type { Server } from './server.ts'

/** How often all processes together look, ms. */
const EVERY = 3_600_000

/** How often one of them asks whether it is time again, ms. */
const ASKS = EVERY / 10

/** How many keys the server goes through at a time: about a tenth of a millisecond, in which others wait. */
const AT_A_TIME = '200'

/**
 * Finds runs that the index lost, for on a cluster the two are on servers that fail one by one: goes through all keys, and
 * sees to it that each run has its places. One process of all does it, once an hour. Nobody waits for it, and when it
 * fails nobody is told: it is done again.
 */
export interface Sweeper {
  /** Goes through the keys when that is due. */
  readonly wake: () => void
  /** Ends it; resolves when nothing of it is going on, or after so many ms. */
  readonly stop: (ms: number) => Promise<void>
}

/** @param nodes those that together have all keys */
export function sweeperOf(server: Server, nodes: () => readonly Server[], keys: Keys): Sweeper {
  let due = -Infinity
  let stopped = false
  let sweeping: Promise<void> = Promise.resolve()
  const [before, after] = keys.run('*').split('*')

  const sweep = async (): Promise<void> => {
    const isMine = (await server.command('SET', keys.swept, '1', 'NX', 'PX', String(EVERY))) !== null
    if (!isMine) return
    for (const node of nodes()) {
      let cursor = '0'
      do {
        const [next, found] = listOf(await node.command('SCAN', cursor, 'MATCH', keys.run('*'), 'COUNT', AT_A_TIME))
        const names = listOf(found).map(textOf)
        await restore(names.map((key) => key.slice(before!.length, -after!.length)).filter(isRunId))
        cursor = String(next)
      } while (cursor !== '0' && !stopped)
    }
  }

  /** Gives runs the places that they should have. What is too much, since a run has just changed, readers tidy. */
  const restore = async (ids: readonly string[]): Promise<void> => {
    const members = new Map<string, string[]>()
    const add = (key: string, member: string) => {
      const known = members.get(key)
      if (known === undefined) members.set(key, [member])
      else known.push(member)
    }
    await Promise.all(
      ids.map(async (id) => {
        const [created, status, ended, pipeline] = listOf(await server.run(places, [keys.run(id)], []))
        if (typeof created !== 'string' || typeof pipeline !== 'string') return // it was forgotten meanwhile
        const place = `${created}:${id}`
        add(keys.created, place)
        add(keys.createdOf(pipeline), place)
        if (typeof ended === 'string') {
          add(keys.ended, `${ended}:${textOf(status)}:${id}`)
          return
        }
        add(keys.live, place)
        add(keys.liveOf(pipeline), place)
      }),
    )
    await Promise.all(
      [...members].map(([key, some]) => server.command('ZADD', key, ...some.flatMap((member) => ['0', member]))),
    )
  }

  return {
    wake: () => {
      const now = performance.now()
      if (stopped || now < due) return
      due = now + ASKS
      sweeping = sweeping.then(sweep).catch(() => undefined)
    },
    stop: async (ms) => {
      stopped = true
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
      })
      await Promise.race([sweeping, late])
      clearTimeout(timer)
    },
  }
}
