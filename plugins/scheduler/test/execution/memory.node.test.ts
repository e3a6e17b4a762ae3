import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createPipe } from '@pipe/core'
import { expect, test } from 'vitest'
import { createExecution } from '../../src/index.ts'
import { patrol, patrolling } from './support/patrol.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use, once everything that nobody needs is gone. */
async function used(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return process.memoryUsage().heapUsed
}

test('100,000 ticks need no more memory than a thousand, with history and listeners (S5.22)', async () => {
  const execution = patrolling({ battery: 1_000_000 })
  let heard = 0
  execution.events.on('tick:end', () => heard++)
  const run = async (maxTicks: number) => {
    execution.start({ mode: 'auto', stopOnTerminal: false, maxTicks })
    await execution.done
  }
  await run(5_000)
  const before = await used()
  await run(100_000)
  expect((await used()) - before).toBeLessThan(2_000_000)
  expect(heard).toBe(105_000)
  expect(execution.history.length).toBe(1_000)
  await execution.delete()
})

test('executions that were deleted are gone, whatever they were doing (S5.22)', async () => {
  const pipe = createPipe()
  const round = async () => {
    const executions = Array.from({ length: 200 }, () =>
      createExecution(pipe, patrol, undefined, { blackboard: { battery: 100, position: 0 } }),
    )
    for (const [i, execution] of executions.entries()) {
      execution.events.on('tick:end', () => undefined)
      if (i % 3 > 0) execution.start({ mode: i % 3 === 1 ? 'auto' : 'interval', stopOnTerminal: false })
      else await execution.tick()
    }
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all(executions.map((execution) => execution.delete()))
    return executions.map((execution) => new WeakRef(execution))
  }
  const refs = await round()
  await used()
  expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0)
  await pipe.close()
})
