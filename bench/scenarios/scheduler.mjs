// Executions that tick, and schedules that wait: @pipe/scheduler beside what one would write by hand, and beside the
// library that calculates for it.
import { setTimeout } from 'node:timers/promises'
import { createPipe, pipeline } from '@pipe/core'
import { blackboard, createExecution, createScheduler } from '@pipe/scheduler'
import { Cron } from 'croner'
import { perSecond } from '../lib/bars.mjs'
import { digits } from '../lib/format.mjs'
import { verdicts } from '../lib/measured.mjs'
import { expect } from '../lib/work.mjs'

const TICKS = 6_000
const INTERVAL = 10
const WAITING = 10_000

export const cases = [
  {
    name: 'ticks-auto',
    title: 'a chain of three steps that count on a blackboard, ticked back to back',
    unit: 'tick',
    rate: true,
    config: {},
    limit: 'hand',
    peers: ['hand', 'pipe', 'pipe:no-history'],
    bars: { pipe: perSecond(20_000), 'pipe:no-history': perSecond(100_000) },
  },
  {
    name: 'ticks-interval',
    title: `how late ticks begin that are due each ${INTERVAL} ms, ms`,
    table: async (_, { title }) => ({
      title,
      columns: ['mean', 'p95', 'most', 'the last of 500'],
      rows: await intervalRows(),
    }),
  },
  {
    name: 'schedules-idle',
    title: `what ${WAITING.toLocaleString('en')} schedules cost that wait for an hour`,
    table: async (_, { title }) => ({
      title,
      columns: ['to add', 'memory for one', 'CPU in a second'],
      rows: await idleRows(),
    }),
  },
]

const Board = blackboard()

const chain = pipeline('chain', (p) => {
  const count = (_, { use: { board } }) => board.update('count', (n) => n + 1)
  const uses = { board: Board }
  const a = p.step('a', { uses, run: count })
  const b = p.step('b', { uses, after: [a], run: count })
  return p.step('c', { uses, after: [b], run: count })
})

/** The same, with nothing around: what there is for a tick to do. */
function handTicked() {
  const board = { count: 0 }
  const count = async () => {
    board.count += 1
  }
  const steps = [count, count, count]
  return {
    board: () => board,
    go: async (ticks) => {
      for (let tick = 0; tick < ticks; tick++) await steps[tick % steps.length]()
    },
  }
}

function pipeTicked(options) {
  const execution = createExecution(createPipe(), chain, undefined, { blackboard: { count: 0 }, ...options })
  return {
    board: () => execution.blackboard.snapshot(),
    go: async (maxTicks) => {
      execution.start({ mode: 'auto', maxTicks, stopOnTerminal: false })
      await execution.done
    },
  }
}

const ticked = {
  hand: handTicked,
  pipe: () => pipeTicked({}),
  'pipe:no-history': () => pipeTicked({ history: false }),
}

export function prepare(peer) {
  const { board, go } = ticked[peer]()
  let ticks = 0
  return {
    units: TICKS,
    run: () => {
      ticks += TICKS
      return go(TICKS)
    },
    check: () => expect(board().count, ticks, 'count'),
  }
}

/** Both in turn, so that neither has the quieter moment. */
async function intervalRows() {
  const peers = { pipe: byPipe, setInterval: bySetInterval }
  const late = { pipe: [], setInterval: [] }
  const last = { pipe: 0, setInterval: 0 }
  for (let round = 0; round < 2; round++) {
    for (const [name, measure] of Object.entries(peers)) {
      const begins = await measure(500)
      const all = begins.map((at, k) => at - begins[0] - k * INTERVAL)
      late[name].push(...all)
      last[name] = all.at(-1)
    }
  }
  return Object.entries(late).map(([name, all]) => {
    const sorted = all.map(Math.abs).sort((a, b) => a - b)
    const mean = sorted.reduce((sum, one) => sum + one, 0) / sorted.length
    const figures = [mean, sorted[Math.floor(sorted.length * 0.95)], sorted.at(-1), last[name]]
    return { name, cells: figures.map((one) => one.toFixed(2)) }
  })
}

async function byPipe(maxTicks) {
  const begins = []
  const noted = pipeline('noted', (p) => p.step('note', { run: () => void begins.push(performance.now()) }))
  await using execution = createExecution(createPipe(), noted, undefined, { history: false })
  execution.start({ mode: 'interval', interval: INTERVAL, maxTicks, stopOnTerminal: false })
  await execution.done
  return begins
}

function bySetInterval(count) {
  return new Promise((resolve) => {
    const begins = []
    const timer = setInterval(() => {
      begins.push(performance.now())
      if (begins.length < count) return
      clearInterval(timer)
      resolve(begins)
    }, INTERVAL)
  })
}

async function idleRows() {
  const job = pipeline('job', (p) => p.step('a', { run: () => 1 }))
  const names = Array.from({ length: WAITING }, (_, i) => `job-${i}`)
  const scheduled = async () => {
    const scheduler = createScheduler(createPipe())
    for (const name of names) scheduler.add(name, job, { cron: '0 * * * *', jitter: '30m' })
    await scheduler.start()
    return () => scheduler.stop()
  }
  const cronJobs = () => {
    const jobs = names.map(() => new Cron('0 * * * *', () => undefined))
    return () => jobs.forEach((one) => one.stop())
  }
  return [await idleRow('pipe', scheduled, quiet), await idleRow('croner', cronJobs)]
}

/** Waiting costs next to nothing: less than a thousandth of a core. */
const quiet = { text: '≤ 1 ms of CPU', met: (ms) => ms <= 1 }

async function idleRow(name, start, bar) {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const began = performance.now()
  const stop = await start()
  const added = performance.now() - began
  globalThis.gc?.()
  const bytes = (process.memoryUsage().heapUsed - before) / WAITING
  await setTimeout(500)
  const cpu = process.cpuUsage()
  await setTimeout(5_000)
  const { user, system } = process.cpuUsage(cpu)
  await stop()
  const ms = (user + system) / 5_000
  return {
    name,
    cells: [`${digits(added)} ms`, `${digits(bytes / 1024)} KiB`, `${digits(ms)} ms`],
    ...(bar && { bars: verdicts(bar, ms) }),
  }
}
