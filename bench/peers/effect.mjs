import { Effect, Schedule, Stream } from 'effect'

const call = (fn, value) => Effect.promise(() => fn(value))
const inSeries = (effects) => (value) =>
  Effect.runPromise(
    Effect.gen(function* () {
      for (const effect of effects) value = yield* effect(value)
      return value
    }),
  )

export const chain = (functions) => inSeries(functions.map((fn) => (value) => call(fn, value)))

export const wide = (functions, join) => (value) =>
  Effect.runPromise(
    Effect.all(
      functions.map((fn) => call(fn, value)),
      { concurrency: 'unbounded' },
    ).pipe(Effect.map(join)),
  )

/** Effect has no graphs: each node is an effect that is cached for those that need it. */
export const graph = {
  define: (nodes) => nodes,
  run: (nodes) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const cached = new Map()
        const all = (ids) =>
          Effect.all(
            ids.map((id) => cached.get(id)),
            { concurrency: 'unbounded' },
          )
        for (const { id, needs, run } of nodes) {
          cached.set(id, yield* Effect.cached(Effect.flatMap(all(needs), (values) => call(run, values))))
        }
        return yield* all([...cached.keys()])
      }),
    ),
}

export const map = (fn, concurrency) => (items) =>
  Effect.runPromise(Effect.forEach(items, (item) => call(fn, item), { concurrency }))

export const mapStream = (fn, concurrency) => (items) =>
  Effect.runPromise(
    Stream.fromAsyncIterable(items, String).pipe(
      Stream.mapEffect((item) => call(fn, item), { concurrency }),
      Stream.runCollect,
    ),
  )

export const resilientChain = (functions) =>
  inSeries(
    functions.map(
      (fn) => (value) =>
        Effect.tryPromise(() => fn(value)).pipe(
          Effect.timeout('5 seconds'),
          Effect.retry({ times: 3, schedule: Schedule.exponential('100 millis') }),
        ),
    ),
  )
