// A process that uses the store of a file: `node sqlite-worker.ts <what> <file> [<run> <number>]`. Prints a line for each
// thing that was confirmed.
import { isPipelineError } from '@pipe/core'
import { type LeaseRequest, sqliteStore } from '../../src/index.ts'

const [what, file = '', id = 'run', number = '1'] = process.argv.slice(2)
const say = (line: unknown) => process.stdout.write(`${String(line)}\n`)

const store = sqliteStore({ file })
const run = { id, pipeline: 'work', data: '{}' }
const request: LeaseRequest = { owner: `process ${process.pid}`, leaseMs: 60_000, maxCrashes: 3 }

/** Takes the run and commits `number` entries to it, one after the other. */
async function commit(): Promise<void> {
  await store.open()
  const { fence } = await store.acquire(run, request)
  for (let step = 0; step < Number(number); step++) {
    // Two entries and then some: half a commit would show.
    const value = String(step).repeat(100)
    const entries = ['a', 'b'].map((part) => ({ key: `${step}/${part}`, value, final: true }))
    if (await store.commit(id, fence!, entries)) say(step)
  }
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  commit,
  open: async () => {
    await store.open()
    say('opened')
  },
  acquire: async () => {
    await store.open()
    const { fence } = await store.acquire(run, request)
    say(fence)
  },
  unprivileged: async () => {
    process.setuid?.(65_534)
    await store.open()
  },
}

try {
  await tasks[what!]!()
} catch (error) {
  if (!isPipelineError(error)) throw error
  say(`${error.code}: ${error.message}`)
}
await store.close()
