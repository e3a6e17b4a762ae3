import { Listr } from 'listr2'

// A list holds the state of its tasks: it is made for each run, and its tasks share a context.
const run = async (tasks, options) => {
  const context = options.ctx ?? {}
  await new Listr(tasks, { renderer: 'silent', ...options, ctx: context }).run()
  return context
}

export const chain = (functions) => {
  const tasks = functions.map((fn, index) => ({
    title: `s${index}`,
    task: async (context) => {
      context.value = await fn(context.value)
    },
  }))
  return async (value) => (await run(tasks, { ctx: { value } })).value
}

export const wide = (functions, join) => async (value) => {
  const values = []
  const tasks = functions.map((fn, index) => ({
    title: `s${index}`,
    task: async () => {
      values[index] = await fn(value)
    },
  }))
  const all = { title: 'all', task: (_, task) => task.newListr(tasks, { concurrent: true }) }
  const last = {
    title: 'join',
    task: async (context) => {
      context.total = join(values)
    },
  }
  return (await run([all, last], {})).total
}

export const map = (fn, concurrency) => async (items) => {
  const outputs = new Array(items.length)
  const tasks = items.map((item, index) => ({
    title: `s${index}`,
    task: async () => {
      outputs[index] = await fn(item)
    },
  }))
  await run(tasks, { concurrent: concurrency })
  return outputs
}
