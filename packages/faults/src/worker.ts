// A process with a pipe, on a store that others share: `node worker.ts <job>`. Ends when it reads a line, as a process
// does that is shut down; or when its job has a fault.
import { once } from 'node:events'
import { type Clock, createPipe, isPipelineError, systemClock } from '@pipe/core'
import { retry } from '@pipe/retry'
import { durable, recover, type StateStore } from '@pipe/state'
import { Acts } from './acts.ts'
import { openPlace } from './backends.ts'
import { Failpoints } from './failpoints.ts'
import { faultyStore } from './faulty-store.ts'
import type { Job, Report } from './job.ts'
import { Ledger } from './ledger.ts'
import { MachineClock } from './machine-clock.ts'
import { pipelinesOf } from './pipelines.ts'

const job = JSON.parse(process.argv[2] ?? '{}') as Job
const { starts = [], recovers = false, maxCrashes = 5, aheadMs = 0 } = job
const { leaseMs = job.fault === undefined ? 10_000 : 1_000 } = job
new MachineClock(job.clock).follow()
const ledger = new Ledger(job.ledger)
const failpoints = new Failpoints(ledger, job.fault, job.trace)
const pipelines = pipelinesOf(new Acts(ledger, failpoints))
const report = (line: Report) => process.stdout.write(`${JSON.stringify(line)}\n`)

await using place = await openPlace(job.place)
const faulty = faultyStore(place.store, failpoints, ledger)
const store: StateStore = {
  ...faulty,
  end: async (id, ...args) => {
    const isEnded = await faulty.end(id, ...args)
    if (isEnded) report({ what: 'ended', id })
    return isEnded
  },
}
const clock: Clock = { ...systemClock, now: () => Date.now() + aheadMs }
const pipe = createPipe({ plugins: [durable({ store, lease: leaseMs, maxCrashes }), retry()], clock })

const going = starts.map(async ({ id, pipeline, input }) => {
  const { status, error } = await pipe.start(pipelines[pipeline], input, { id }).result
  report({ what: 'over', id, status, ...(typeof error?.code === 'string' && { code: error.code }) })
})
const recovery = recovers
  ? recover(pipe, {
      store,
      pipelines: Object.values(pipelines),
      every: 50,
      clock,
      onError: (error) => report({ what: 'error', message: isPipelineError(error) ? error.code : String(error) }),
    })
  : undefined
report({ what: 'ready' })

await once(process.stdin, 'data')
process.stdin.destroy()
await recovery?.stop()
await pipe.close({ grace: 0 })
await Promise.all(going)
