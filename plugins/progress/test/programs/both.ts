// A program with two pipes: one draws on stdout, the other on stderr.
import { setTimeout as sleep } from 'node:timers/promises'
import { createPipe, pipeline } from '@pipe/core'
import { progress } from '../../src/index.ts'

const start = (id: string, ms: number, stream: NodeJS.WriteStream) =>
  createPipe({ plugins: [progress({ stream })] }).start(pipeline(id, (p) => p.step(id, { run: () => sleep(ms) })))
    .result

const results = [start('left', 300, process.stdout), start('right', 500, process.stderr)]
await sleep(200)
console.log('a log')
await Promise.all(results)
