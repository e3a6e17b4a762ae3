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
import { digits } from '../lib/format.mjs'
import { verdicts } from '../lib/measured.mjs'

const PORT = 7390
const ROUNDS = 9
const COMMITS = 20_000
const IN_FLIGHT = 100
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
    table: async (_, { title }) => {
      const server = await startServer()
      try {
        const rows = []
        for (const [kind, connect] of Object.entries(clients)) rows.push(...(await rowsOf(kind, connect)))
        return { title, columns: ['commits per second', '× bare script'], rows }
      } finally {
        await server.stop()
      }
    },
  },
]

/** Rounds of both, in turn, on fresh keys. */
async function rowsOf(kind, connect) {
  const { client, send, close } = await connect(`redis://127.0.0.1:${PORT}`)
  const [ours, bare] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    await send('FLUSHALL')
    await send('SCRIPT', 'LOAD', lua)
    const store = redisStore({ client })
    await store.open()
    const { fence } = await store.acquire(
      { id: 'r', pipeline: 'p', data: '' },
      { owner: 'o', leaseMs: 1e6, maxCrashes: 0 },
    )
    const keys = ['bare:{r}:run', 'bare:{r}:entries', 'bare:{r}:order']
    await send('HSET', keys[0], 'fence', '1', 'lease', '1')
    const takes = [
      async () =>
        ours.push(await rate((i) => store.commit('r', fence, [{ key: `step ${i}`, value, final: true }]), true)),
      async () => bare.push(await rate((i) => send('EVALSHA', sha, '3', ...keys, '1', `step ${i}`, value), 1)),
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
const whole = (number) => Math.round(number).toLocaleString('en')

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
