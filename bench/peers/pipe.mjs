import { Writable } from 'node:stream'
import { createPipe, definePlugin, derive, pipeline, plan, run, start, type } from '@pipe/core'
import { Skipped } from '../lib/peer.mjs'

/** How a pipeline is run, by variant: `(pipeline, input) => output`. */
const runs = {
  bare: run,

  /** Every step has its status, attempts and times. */
  recorded: async (pipeline, input) => {
    const { status, output } = await start(pipeline, input).result
    if (status !== 'succeeded') throw new Error(`the run ended as ${status}`)
    return output
  },

  /** One synchronous observer of every step. */
  get observed() {
    let attempts = 0
    const counter = definePlugin({ name: 'counter', hooks: { 'step:end': (event) => (attempts += event.attempts) } })
    return runWith(counter)
  },

  /** A plugin that has nothing to do with any of the steps. */
  get idle() {
    const answers = { step: () => undefined, attempt: () => undefined, policy: () => undefined }
    return runWith(definePlugin({ name: 'idle', ...answers }))
  },

  /** A plugin that wraps every attempt, and does nothing. */
  get wrapped() {
    return runWith(definePlugin({ name: 'wrapper', attempt: () => (ctx, next) => next() }))
  },

  /** A plugin that hands every attempt a context of its own. */
  get derived() {
    const attempt = () => (ctx, next) => next(derive(ctx, { tenant: 'north' }))
    return runWith(definePlugin({ name: 'deriver', attempt }))
  },

  /** A plugin with a field of contexts that no step reads. */
  get field() {
    return runWith(definePlugin({ name: 'owner', context: { tenant: () => 'north' } }))
  },
}

function runWith(...plugins) {
  const pipe = createPipe({ plugins })
  return (pipeline, input) => pipe.run(pipeline, input)
}

export const chain = (functions, variant = 'bare') => {
  const run = runs[variant]
  const numbers = chainOf(functions)
  return (value) => run(numbers, value)
}

const chainOf = (functions, options = {}) =>
  pipeline('chain', { input: type() }, (p, input) => {
    let last = input
    functions.forEach((fn, index) => {
      last = p.step(`s${index}`, { needs: { value: last }, ...options, run: ({ value }) => fn(value) })
    })
    return last
  })

const resilience = { retry: 3, timeout: '5s' }

/** Each step with three retries and five seconds a try, or with one of the two. */
export const resilientChain = async (functions, only) => {
  const names = only === undefined ? Object.keys(resilience) : [only]
  const plugins = await Promise.all(names.map(plugin))
  const run = runWith(...plugins)
  const numbers = chainOf(functions, Object.fromEntries(names.map((name) => [name, resilience[name]])))
  return (value) => run(numbers, value)
}

/** Each step measured: with a sink that does nothing, or with the one of a library. */
export const measuredChain = async (functions, variant) => {
  const { metrics, openTelemetry, prometheus } = await import('@pipe/metrics')
  const sinks = {
    metrics: async () => () => () => () => undefined,
    prometheus: async () => prometheus(await import('prom-client')),
    'open-telemetry': async () => {
      const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
      return openTelemetry(new MeterProvider().getMeter('bench'))
    },
  }
  const run = runWith(metrics({ sink: await sinks[variant]() }))
  const numbers = chainOf(functions)
  return (value) => run(numbers, value)
}

async function plugin(name) {
  const exports = await import(`@pipe/${name}`).catch(() => ({}))
  if (exports[name] === undefined) throw new Skipped(`@pipe/${name} does not exist yet`)
  return exports[name]()
}

const nothing = () => undefined

/** A logger of no library, which gets every line. */
const noLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => noLogger }

/** Each step with lines for its start and its end, which are written nowhere. */
export const loggedChain = async (functions, variant) => {
  const [{ logging }, { pino }] = await Promise.all([import('@pipe/logging'), import('pino')])
  const logger = {
    logging: () => noLogger,
    'logging-off': () => pino({ level: 'silent' }),
    'logging-pino': () => pino({}, { write: nothing }),
    'logging-lines': () => pino({}, { write: nothing }),
  }[variant]()
  const run = runWith(logging(logger))
  const numbers = variant === 'logging-lines' ? talkingChain(functions) : chainOf(functions)
  return (value) => run(numbers, value)
}

/** Plugins that look on, each with a sink that does nothing, by the letters that `watchedChain` asks for them by. */
const watchers = {
  logging: async () => (await import('@pipe/logging')).logging(noLogger),
  metrics: async () => (await import('@pipe/metrics')).metrics({ sink: () => () => nothing }),
  tracing: async () => {
    const [{ tracing }, { trace }] = await Promise.all([import('@pipe/tracing'), import('@opentelemetry/api')])
    return tracing({ tracer: trace.getTracer('noop') })
  },
}

/** Each step logged, measured and traced, or only some of that: `logging+metrics`. */
export const watchedChain = async (functions, variant = Object.keys(watchers).join('+')) => {
  const run = runWith(...(await Promise.all(variant.split('+').map((name) => watchers[name]()))))
  const numbers = chainOf(functions)
  return (value) => run(numbers, value)
}

/** Each step shown by @pipe/progress, on a stream that leads nowhere. */
export const shownChain = async (functions, mode) => {
  const { progress } = await import('@pipe/progress')
  const stream = new Writable({ write: (chunk, encoding, done) => done() })
  const run = runWith(progress({ mode, stream }))
  const numbers = chainOf(functions)
  return (value) => run(numbers, value)
}

/** A chain whose steps write a line of their own. */
const talkingChain = (functions) =>
  pipeline('chain', { input: type() }, (p, input) => {
    let last = input
    functions.forEach((fn, index) => {
      const run = ({ value }, { log }) => {
        log.info({ value }, 'adding')
        return fn(value)
      }
      last = p.step(`s${index}`, { needs: { value: last }, run })
    })
    return last
  })

export const wide = (functions, join, variant = 'bare') => {
  const run = runs[variant]
  const numbers = pipeline('wide', { input: type() }, (p) => {
    const handles = functions.map((fn, index) => p.step(`s${index}`, { run: ({ input }) => fn(input) }))
    return p.step('join', { needs: handles, run: join })
  })
  return (value) => run(numbers, value)
}

export const graph = {
  /** What it takes until a graph may run; `planned` says what it will do too, `bare` does not. */
  define: (nodes, variant = 'planned') => {
    const defined = pipeline('graph', (p) => {
      const handles = new Map()
      for (const { id, needs, run } of nodes) {
        handles.set(id, p.step(id, { needs: needs.map((need) => handles.get(need)), run }))
      }
      return p.step('all', { needs: [...handles.values()], run: (values) => values })
    })
    if (variant === 'planned') plan(defined)
    return defined
  },
  run: (defined, variant = 'bare') => runs[variant](defined),
}

export const map = (fn, concurrency) => {
  const mapped = pipeline('map', { input: type() }, (p) =>
    p.map('items', { over: ({ input }) => input, concurrency, run: (item) => fn(item) }),
  )
  return (items) => run(mapped, items)
}

export const mapStream = map

/** Observers of an event of a pipe. */
export const observers = (listeners) => {
  const { events } = createPipe()
  for (const listener of listeners) events.on('step:end', listener)
  return (event) => events.emit('step:end', event)
}
