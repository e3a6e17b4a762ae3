import { createStep, createWorkflow } from '@mastra/core/workflows'
import { z } from 'zod'

const number = z.object({ value: z.number() })

const step = (fn, index) =>
  createStep({
    id: `s${index}`,
    inputSchema: number,
    outputSchema: number,
    execute: async ({ inputData }) => ({ value: await fn(inputData.value) }),
  })

async function run(workflow, inputData) {
  const { status, result, error } = await (await workflow.createRun()).start({ inputData })
  if (status !== 'success') throw error ?? new Error(`the workflow ended as ${status}`)
  return result
}

export const chain = (functions) => {
  const start = createWorkflow({ id: 'chain', inputSchema: number, outputSchema: number })
  const workflow = functions.reduce((before, fn, index) => before.then(step(fn, index)), start).commit()
  return async (value) => (await run(workflow, { value })).value
}

export const wide = (functions, join) => {
  const values = z.record(z.string(), number)
  const joined = createStep({
    id: 'join',
    inputSchema: values,
    outputSchema: number,
    execute: async ({ inputData }) => ({ value: join(Object.values(inputData).map(({ value }) => value)) }),
  })
  const workflow = createWorkflow({ id: 'wide', inputSchema: number, outputSchema: number })
    .parallel(functions.map(step))
    .then(joined)
    .commit()
  return async (value) => (await run(workflow, { value })).value
}

export const map = (fn, concurrency) => {
  const numbers = z.array(z.number())
  const each = createStep({
    id: 'each',
    inputSchema: z.number(),
    outputSchema: z.number(),
    execute: ({ inputData }) => fn(inputData),
  })
  const workflow = createWorkflow({ id: 'map', inputSchema: numbers, outputSchema: numbers })
    .foreach(each, { concurrency })
    .commit()
  return (items) => run(workflow, items)
}
