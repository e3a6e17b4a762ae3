// A store on Redis beside a bare script of the same commands, sent by the same client to the same server.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { redisStore } from '@pipe/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { digits, whole } from '../lib/format.mjs'
import { verdicts } from '../lib/measured.mjs'
import { expect, increments } from '../lib/work.mjs'
import { chain, wide } from '../peers/pipe-durable.mjs'

const PORT = 7390
const ROUNDS = 9
const COMMITS = 20_000
const IN_FLIGHT = 100
const STEPS = 100
const value = JSON.stringify({ status: 'succeeded', output: 'x'.repeat(100) })

/** What a commit of one new entry does on the server. */
const lua = `
local run = redis.call('HMGET', KEYS[1], 'fence', 'lease')
if run[1] ~= ARGV[1] or run[2] == '0' then return 0 end
if redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3]) == 1 then redis.call('RPUSH', KEYS[3], ARGV[2]) end
redis.call('HSET', KEYS[1], 'updated', redis.call('TIME')[1])
return 1`
const sha = createHash('sha1').update(lua).digest('hex')

const clients = {
  ioredis: async (url) => {
    const client = new Redis(url)
    return { client, send: (...args) => client.call(...args), close: () => client.disconnect() }
  },
  'node-redis': async (url) => {
    const client = await createClient({ url }).connect()
    return { client, send: (...args) => client.sendCommand(args), close: () => client.destroy() }
  },
}

export const cases = [
  {
    name: 'redis-commit',
    title: `a commit of one entry, ${IN_FLIGHT} in flight`,
    table: tableOf(['commits per second', '× bare script'], commitRows),
  },
  {
    name: 'redis-durable',
    title: 'what a step of a durable run takes: 100 of them one after the other, 1,000 side by side',
    table: tableOf(['wall per step, one by one', '× round trip', 'wall per step, side by side'], durableRows),
  },
]

/** A table of the rows that `rowsOf` makes with each client, on a server of its own. */
function tableOf(columns, rowsOf) {
  return async (_, { title }) => {
    const server = await startServer()
    try {
      const rows = []
      for (const [kind, connect] of Object.entries(clients)) rows.push(...(await rowsOf(kind, connect)))
      return { title, columns, rows }
    } finally {
      await server.stop()
    }
  }
}

/** Durable runs, and what they cannot beat: the bare script, sent when the answer to the one before has come. */
async function durableRows(kind, connect) {
  const { client, send, close } = await connect(`redis://127.0.0.1:${PORT}`)
  await send('FLUSHALL')
  const store = redisStore({ client })
  const runs = [
    { run: chain(increments(STEPS), store), steps: STEPS, answer: 5 + STEPS, took: [] },
    { run: wide(increments(STEPS * 10), store), steps: STEPS * 10, answer: STEPS * 60, took: [] },
  ]
  const bare = await bareScript(send)
  const trips = []
  for (let round = 0; round < ROUNDS * 5; round++) {
    for (const { run, steps, answer, took } of runs) {
      const start = performance.now()
      expect(await run(5), answer, 'answer')
      took.push(((performance.now() - start) * 1000) / steps)
    }
    const start = performance.now()
    for (let i = 0; i < STEPS; i++) expect(await bare(`${round}/${i}`), 1, 'answer')
    trips.push(((performance.now() - start) * 1000) / STEPS)
  }
  await store.close()
  close()
  const [one, all] = runs.map(({ took }) => median(took))
  const trip = median(trips)
  return [
    { name: `pipe:${kind}`, cells: [`${digits(one)} µs`, `${digits(one / trip)}×`, `${digits(all)} µs`] },
    { name: `round trip:${kind}`, cells: [`${digits(trip)} µs`, '1.00×', ''] },
  ]
}

/** The bare script, loaded, on a run that it finds. */
async function bareScript(send) {
  await send('SCRIPT', 'LOAD', lua)
  const keys = ['bare:{r}:run', 'bare:{r}:entries', 'bare:{r}:order']
  await send('HSET', keys[0], 'fence', '1', 'lease', '1')
  return (key) => send('EVALSHA', sha, '3', ...keys, '1', key, value)
}

/** Rounds of both, in turn, on fresh keys. */
async function commitRows(kind, connect) {
  const { client, send, close } = await connect(`redis://127.0.0.1:${PORT}`)
  const [ours, bare] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    await send('FLUSHALL')
    const store = redisStore({ client })
    await store.open()
    const { fence } = await store.acquire(
      { id: 'r', pipeline: 'p', data: '' },
      { owner: 'o', leaseMs: 1e6, maxCrashes: 0 },
    )
    const script = await bareScript(send)
    const takes = [
      async () =>
        ours.push(await rate((i) => store.commit('r', fence, [{ key: `step ${i}`, value, final: true }]), true)),
      async () => bare.push(await rate((i) => script(`step ${i}`), 1)),
    ]
    for (const take of round % 2 === 0 ? takes : takes.reverse()) await take()
    await store.close()
  }
  close()
  const ratio = median(ours.map((one, round) => one / bare[round]))
  const bar = { text: '≥ 0.6× bare script', met: (measured) => measured >= 0.6 }
  return [
    { name: `pipe:${kind}`, cells: [whole(median(ours)), `${digits(ratio)}×`], bars: verdicts(bar, ratio) },
    { name: `bare:${kind}`, cells: [whole(median(bare)), '1.00×'] },
  ]
}

/** Commits per second of wall time; every answer is checked. */
async function rate(commit, expected) {
  let next = 0
  const start = performance.now()
  const one = async () => {
    while (next < COMMITS) {
      const answer = await commit(next++)
      if (answer !== expected) throw new Error(`a commit answered ${answer}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, one))
  return (COMMITS / (performance.now() - start)) * 1000
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

/** A server with a log of changes, as one that keeps runs should have. */
async function startServer() {
  const dir = mkdtempSync(join(tmpdir(), 'pipe-bench-redis-'))
  const args = ['--port', PORT, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--dir', dir]
  const server = spawn('redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) if (/Ready to accept/.test(chunk)) break
  server.stdout.resume()
  const stop = async () => {
    server.kill('SIGKILL')
    await once(server, 'exit')
    rmSync(dir, { recursive: true, force: true })
  }
  return { stop }
}
