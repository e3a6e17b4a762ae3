import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
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

/** Waits until the schedule has ended, and all of its runs. */
const ended = (cluster: Cluster) =>
  eventually(async () => {
    const now = await cluster.info()
    return now.state === 'ended' && now.active.length + now.waiting.length === 0 ? now : undefined
  }, 'all runs to end')

/** Of each slot up to the last there is one run, which has succeeded; at most so many had to begin again. */
async function everySlotFired(cluster: Cluster, again: number): Promise<void> {
  const [info, runs, lines] = [await cluster.info(), await cluster.runs(), cluster.lines()]
  const last = Math.floor(cluster.until! / EVERY) * EVERY
  expect(runs.map(({ id, state }) => `${id} ${state}`)).toEqual(
    slotsBetween(slotOf(runs[0]!.id), last).map((id) => `${id} succeeded`),
  )
  expect(info).toMatchObject({ runs: runs.length, failures: 0, reason: 'until' })
  // What was recorded of the first step is what one of those wrote that executed it.
  const written = new Set(lines.map(({ run, token }) => `${run} ${token}`))
  for (const { id, output } of runs) expect(written).toContain(`${id} ${String(output)}`)
  expect(lines.length - runs.length).toBeLessThanOrEqual(again)
}

/** Ends the leader in a way; answers in which time there was another one, ms. */
async function replaceLeader(cluster: Cluster, how: 'kill' | 'stop'): Promise<number> {
  const { leader } = await cluster.led()
  const since = Date.now()
  const ended = leader[how]()
  const { at } = await cluster.led(since)
  await ended
  return at - since
}

/** Three processes with a schedule, of which some are ended now and then. */
async function live(name: StoreName): Promise<void> {
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
  const info = await ended(cluster)
  await Promise.all(cluster.processes.filter(({ lives }) => lives).map((one) => one.stop()))
  const lines = cluster.lines()
  const late = [calm, lines].map((some) => most(some.map(({ lateMs }) => lateMs)))
  const times = `${afterKill.join(' and ')} ms after it was killed, ${afterStop.join()} ms after it was stopped`
  console.log(
    `${name}: ${info.runs} slots, ${lines.length} begun; ${late[0]} ms late at most, ${late[1]} ms with deaths; a leader was replaced ${times}`,
  )
  await everySlotFired(cluster, afterKill.length + 1)
  expect(most(afterKill)).toBeLessThan(REPLACED)
  expect(most(afterStop)).toBeLessThan(HANDED_OVER)
}

describe.concurrent('processes that are killed and stopped in turn', () => {
  test.each<StoreName>(['sqlite', 'redis', 'postgres', 'mariadb'])(
    'fire each slot once, on %s',
    { timeout: 170_000 },
    live,
  )
})

describe.concurrent('processes with one store', () => {
  test('lose no slot while it is away for 3 s', { timeout: 170_000 }, async () => {
    await using cluster = await makeCluster('redis', 15_000)
    await Promise.all([cluster.start(), cluster.start()])
    await soon()
    const client = new Redis(cluster.at)
    const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))![1])
    process.kill(pid, 'SIGSTOP')
    await sleep(3_000)
    process.kill(pid, 'SIGCONT')
    client.disconnect()
    await ended(cluster)
    await everySlotFired(cluster, 2)
    console.log(
      `${most(cluster.lines().map(({ lateMs }) => lateMs))} ms late at most with a store that was away for 3000 ms`,
    )
  })

  test('pause and trigger for all of them', { timeout: 170_000 }, async () => {
    await using cluster = await makeCluster('sqlite')
    await Promise.all([cluster.start(), cluster.start(), cluster.start()])
    const { leader } = await cluster.led()
    const follower = cluster.processes.find((one) => one !== leader)!
    const firedAfter = async (time: number) => (await cluster.runs()).filter(({ id }) => slotOf(id) > time)
    await eventually(async () => (await cluster.runs())[2], 'runs')

    const paused = await follower.ask('pause')
    await sleep(3_000)
    expect(await firedAfter(paused.at)).toEqual([])

    await eventually(async () => ((await cluster.info()).active.length === 0 ? true : undefined), 'no run')
    const { text: id } = await follower.ask('trigger')
    const run = await eventually(
      async () => (await cluster.runs()).find((one) => one.id === id && one.state === 'succeeded'),
      'the run that was asked for',
    )
    expect(run.owner).toContain(`:${follower.pid}:`)

    const resumed = await follower.ask('resume')
    await eventually(async () => (await firedAfter(resumed.at))[1], 'runs after the pause')
  })
})
