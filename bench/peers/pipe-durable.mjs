import { join } from 'node:path'
import { createPipe, PipelineError, pipeline, type } from '@pipe/core'
import { durable, memoryStore, sqliteStore } from '@pipe/state'

/** A store of the kind that the variant names, in `folder` where it needs a place. */
export function storeOf(variant, folder) {
  if (variant === 'sqlite') return sqliteStore({ file: join(folder, 'runs.db') })
  if (variant === 'memory') return memoryStore()
  throw new Error(`there is no store ${variant}`)
}

const pipeOn = (store) => createPipe({ plugins: [durable({ store })] })

/** One step after the other. */
export function chain(functions, store) {
  const pipe = pipeOn(store)
  const numbers = pipeline('chain', { input: type() }, (p, input) => {
    let last = input
    functions.forEach((fn, i) => {
      const before = last
      last = p.step(`s${i}`, { needs: { before }, run: ({ before }) => fn(before) })
    })
    return last
  })
  return (value) => pipe.run(numbers, value)
}

/** All steps side by side; answers with the sum. */
export function wide(functions, store) {
  const pipe = pipeOn(store)
  const sum = side(functions, ({ all }) => all)
  return (value) => pipe.run(sum, value)
}

/** A run of which everything but its last step is recorded: goes on with it, and hands it back, each time. */
export async function resume(functions, store) {
  const pipe = pipeOn(store)
  let started
  const stop = () => {
    started.cancel(new PipelineError('SHUTDOWN', 'Enough.'))
    throw new Error('Enough.')
  }
  const defined = side(functions, stop)
  const go = async (value) => {
    started = pipe.start(defined, value, { id: 'run-1' })
    const { reports } = await started.result
    return reports.durable.restored
  }
  await go(5)
  return go
}

const side = (functions, end) =>
  pipeline('wide', { input: type() }, (p, input) => {
    const steps = functions.map((fn, i) => p.step(`s${i}`, { needs: { input }, run: ({ input }) => fn(input) }))
    return p.step('end', {
      needs: steps,
      run: (all) => end({ all: all.reduce((sum, n) => sum + n, 0) }),
    })
  })
