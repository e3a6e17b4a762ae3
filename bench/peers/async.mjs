import async from 'async'

export const chain = (functions) => async.seq(...functions)

export const wide = (functions, join) => async (value) =>
  join(await async.parallel(functions.map((fn) => async () => fn(value))))

export const graph = {
  define: (nodes) => Object.fromEntries(nodes.map((node) => [node.id, task(node)])),
  run: async (tasks) => Object.values(await async.auto(tasks)),
}

const task = ({ needs, run }) =>
  needs.length === 0 ? async () => run([]) : [...needs, async (values) => run(needs.map((need) => values[need]))]

export const map = (fn, concurrency) => (items) => async.mapLimit(items, concurrency, fn)

export const mapStream = map
