// The limit: what a careful programmer writes by hand for just this job, without names, records, errors or checks.

export const chain = (functions) => async (value) => {
  for (const fn of functions) value = await fn(value)
  return value
}

export const wide = (functions, join) => async (value) => join(await Promise.all(functions.map((fn) => fn(value))))

/** A promise per node, made when it is first needed. */
export const graph = {
  define: (nodes) => planOf(nodes),
  run: ({ needs, functions }) => {
    const promises = new Array(functions.length)
    const node = async (index) => functions[index](await Promise.all(needs[index].map(get)))
    const get = (index) => (promises[index] ??= node(index))
    return Promise.all(functions.map((_, index) => get(index)))
  },
}

/** Ids to indices, with unknown and duplicate ids and cycles found. */
export function planOf(nodes) {
  const indexOf = new Map(nodes.map(({ id }, index) => [id, index]))
  if (indexOf.size !== nodes.length) throw new Error('duplicate id')
  const needs = nodes.map((node) => node.needs.map((id) => known(indexOf, id)))
  const followers = needs.map(() => [])
  const left = needs.map((of) => of.length)
  const ready = []
  needs.forEach((of, index) => {
    for (const need of of) followers[need].push(index)
    if (of.length === 0) ready.push(index)
  })
  for (const index of ready) for (const follower of followers[index]) if (--left[follower] === 0) ready.push(follower)
  if (ready.length < nodes.length) throw new Error('cycle')
  return { needs, followers, functions: nodes.map(({ run }) => run) }
}

function known(indexOf, id) {
  const index = indexOf.get(id)
  if (index === undefined) throw new Error(`unknown id ${id}`)
  return index
}

export const map = (fn, concurrency) => async (items) => {
  const outputs = new Array(items.length)
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      outputs[index] = await fn(items[index])
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return outputs
}

export const mapStream = (fn, concurrency) => async (items) => {
  const outputs = []
  const iterator = items[Symbol.asyncIterator]()
  let count = 0
  const worker = async () => {
    for (;;) {
      const { done, value } = await iterator.next()
      if (done) return
      const index = count++
      outputs[index] = await fn(value)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return outputs
}

/** Direct calls, written out; `guarded` ones may throw, or return a promise that rejects, and change nothing. */
export const observers = (listeners, variant) => {
  const [a, b, c, d, e] = variant === 'guarded' ? listeners.map(guarded) : listeners
  if (a === undefined) return () => undefined
  if (b === undefined) return (event) => a(event)
  return (event) => {
    a(event)
    b(event)
    c(event)
    d(event)
    e(event)
  }
}

const guarded = (listener) => (event) => {
  try {
    const returned = listener(event)
    if (typeof returned?.then === 'function') returned.then(undefined, console.error)
  } catch (error) {
    console.error(error)
  }
}

/** Each function with three retries and five seconds a try. */
export const resilientChain = (functions) => chain(functions.map(resilient))

const resilient = (fn) => async (value) => {
  for (let attempt = 0; ; attempt++) {
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('took too long')), 5_000)
    })
    try {
      return await Promise.race([fn(value), late])
    } catch (error) {
      if (attempt === 3) throw error
    } finally {
      clearTimeout(timer)
    }
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt))
  }
}
