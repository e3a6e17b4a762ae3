import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Cluster, eventually, makeCluster } from './support/cluster.ts'
import { EVERY } from './support/polling.ts'
import type { StoreName } from './support/stores.ts'

/** In this time a leader that has died is replaced, and one that was stopped, ms. */
const [REPLACED, HANDED_OVER] = [15_000, 5_000]

const soon = () => sleep(500 + Math.random() * 2_500)
const slotOf = (runId: string) => Date.parse(runId.slice(runId.indexOf('@') + 1))
const idOf = (slot: number) => `poll@${new Date(slot).toISOString()}`
const most = (values: readonly number[]) => Math.max(0, ...values)

/** The slots from the first up to the last, as ids of runs. */
const slotsBetween = (first: number, last: number) =>
  Array.from({ length: (last - first) / EVERY + 1 }, (_, n) => idOf(first + n * EVERY))

/** Waits until nothing goes on and nothing waits. */
const drained = ({ info }: Cluster, state: 'ended' | 'paused') =>
  eventually(async () => {
    const now = await info()
    return now.state === state && now.active.length + now.waiting.length === 0 ? now : undefined
  }, 'all runs to end')

/** Ends the leader in a way; answers in which time there was another one, ms. */
async function replaceLeader(cluster: Cluster, how: 'kill' | 'stop'): Promise<number> {
  const { leader } = await cluster.led()
  const since = Date.now()
  const ended = leader[how]()
  const { at } = await cluster.led(since)
  await ended
  return at - since
}

/** What three processes of which some are ended now and then have done with a schedule. */
async function live(name: StoreName) {
  await using cluster = await makeCluster(name, 40_000)
  await Promise.all([cluster.start(), cluster.start(), cluster.start()])
  await soon()
  const calm = cluster.lines()
  const [afterKill, afterStop]: [number[], number[]] = [[], []]
  for (const how of ['kill', 'stop', 'kill'] as const) {
    await cluster.start()
    await soon()
    const times = how === 'kill' ? afterKill : afterStop
    times.push(await replaceLeader(cluster, how))
  }
  const { leader } = await cluster.led()
  const follower = cluster.processes.find((one) => one.lives && one !== leader)
  await Promise.all([follower?.kill(), cluster.start()])
  const info = await drained(cluster, 'ended')
  await Promise.all(cluster.processes.filter(({ lives }) => lives).map((one) => one.stop()))
  const [runs, lines] = [await cluster.runs(), cluster.lines()]
  const lateness = [calm, lines].map((some) => most(some.map(({ lateMs }) => lateMs)))
  console.log(
    `${name}: ${runs.length} slots, ${lines.length} lines; at most ${lateness[0]} ms late before deaths, ${lateness[1]} ms with them; ` +
      `a leader was replaced ${afterKill.join(' and ')} ms after it was killed, ${afterStop.join()} ms after it was stopped`,
  )
  return { info, runs, lines, until: cluster.until!, afterKill, afterStop, kills: afterKill.length + 1 }
}

describe('processes that are killed and stopped in turn', () => {
  test.concurrent.each<StoreName>(['sqlite', 'redis', 'postgres', 'mariadb'])(
    'fire each slot once, on %s',
    { timeout: 170_000 },
    async (name) => {
      const { info, runs, lines, until, afterKill, afterStop, kills } = await live(name)
      const first = slotOf(runs[0]!.id)
      const last = Math.floor(until / EVERY) * EVERY
      expect(runs.map(({ id, state }) => `${id} ${state}`)).toEqual(
        slotsBetween(first, last).map((id) => `${id} succeeded`),
      )
      expect(runs.length).toBeGreaterThan(50)
      expect(info).toMatchObject({ runs: runs.length, failures: 0, reason: 'until' })
      // What was recorded of the first step is what one of those wrote that executed it.
      const written = new Set(lines.map(({ run, token }) => `${run} ${token}`))
      for (const { id, output } of runs) expect(written).toContain(`${id} ${String(output)}`)
      expect(lines.length - runs.length).toBeLessThanOrEqual(kills)
      expect(most(afterKill)).toBeLessThan(REPLACED)
      expect(most(afterStop)).toBeLessThan(HANDED_OVER)
    },
  )
})
