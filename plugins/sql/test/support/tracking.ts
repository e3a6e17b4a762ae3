/** A process that runs pipelines until it is told to end, and says which steps and runs have ended, and when. */
import { createPipe, pipeline } from '@pipe/core'
import { tracker } from '../../src/index.ts'
import { open } from './open.ts'

const [, , location = '', every = '50', items = '50'] = process.argv
const pipe = createPipe({ plugins: [tracker({ db: open(location), every: Number(every) })] })
const stop = new AbortController()

const work = pipeline('work', (p) =>
  p.map('each', {
    over: () => Array.from({ length: Number(items) }, (_, n) => n),
    concurrency: 1,
    run: (n) => new Promise((resolve) => setTimeout(() => resolve(n), 2)),
  }),
)
pipe.events.on('map:item', ({ runId, stepId, at }) => console.log(JSON.stringify({ runId, stepId, at })))
process.once('SIGTERM', () => stop.abort())
while (!stop.signal.aborted) {
  const { runId } = await pipe.start(work).result
  console.log(JSON.stringify({ runId }))
}
await pipe.close()
console.log(JSON.stringify({ closed: true }))
process.exit()
