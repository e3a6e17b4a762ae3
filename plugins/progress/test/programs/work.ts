// A program that shows its progress on its terminal, and ends as its argument says.
import { setTimeout as sleep } from 'node:timers/promises'
import { createPipe, pipeline } from '@pipe/core'
import { progress } from '../../src/index.ts'

const [, , ending] = process.argv

const work = pipeline('work', (p) => {
  const read = p.step('read', {
    run: async () => {
      console.log('a log on stdout')
      await sleep(100)
      process.stderr.write('a log on stderr\n')
    },
  })
  const wait = p.step('wait', {
    needs: { read },
    run: async (_, { signal }) => {
      console.log('waiting')
      if (ending === 'exit') setTimeout(() => process.exit(3), 100)
      if (ending === 'crash') setTimeout(() => void Promise.reject(new Error('a bug')), 100)
      await sleep(ending === undefined ? 100 : 60_000, undefined, { signal, ref: ending !== 'idle' })
    },
  })
  return p.step('last', { needs: { wait }, run: () => 1 })
})

const run = createPipe({ plugins: [progress()] }).start(work)
if (ending === 'cancel') process.once('SIGINT', () => run.cancel('interrupted'))
const { status } = await run.result
console.log(`it ${status}`)
