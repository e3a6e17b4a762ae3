// A process with a scheduler, on a store that others share: `node program.ts <shared>`. Does what the lines that it reads
// say; ends as processes do that are asked to, by SIGTERM.
import { createInterface } from 'node:readline'
import { polling, type Shared } from './polling.ts'
import { stores } from './stores.ts'

/** What such a process tells. */
export interface Told {
  readonly what: 'ready' | 'lead' | 'error' | 'pause' | 'resume' | 'trigger' | 'stopped'
  /** Epoch ms. */
  readonly at: number
  readonly text?: string
}

const shared = JSON.parse(process.argv[2] ?? '') as Shared
const tell = (what: Told['what'], text?: string) =>
  void process.stdout.write(`${JSON.stringify({ what, at: Date.now(), text } satisfies Record<keyof Told, unknown>)}\n`)

const { store, close } = await stores[shared.store].open(shared.at)
const { pipe, scheduler } = polling(store, shared, (error) => tell('error', String(error)))
scheduler.events.on('scheduler:lead', () => tell('lead'))
const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const what = line as 'pause' | 'resume' | 'trigger'
  scheduler[what]('poll').then(
    (answer) => tell(what, answer?.id),
    (error: unknown) => tell('error', String(error)),
  )
})
process.once('SIGTERM', () => {
  void (async () => {
    input.close()
    process.stdin.destroy()
    await scheduler.stop()
    tell('stopped')
    await pipe.close()
    await close()
  })()
})
await scheduler.start()
tell('ready')
