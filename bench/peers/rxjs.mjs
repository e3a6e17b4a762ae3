import {
  concatMap,
  defer,
  forkJoin,
  from,
  lastValueFrom,
  map as mapped,
  mergeMap,
  of,
  shareReplay,
  switchMap,
  toArray,
} from 'rxjs'

export const chain = (functions) => {
  const operators = functions.map((fn) => concatMap((value) => fn(value)))
  return (value) => lastValueFrom(of(value).pipe(...operators))
}

export const wide = (functions, join) => (value) =>
  lastValueFrom(forkJoin(functions.map((fn) => defer(() => fn(value)))).pipe(mapped(join)))

/** A shared observable per node; what is shared is the value of one run, so they are made for each run. */
export const graph = {
  define: (nodes) => nodes,
  run: (nodes) => {
    const shared = new Map()
    for (const { id, needs, run } of nodes) {
      const value =
        needs.length === 0
          ? defer(() => run([]))
          : forkJoin(needs.map((need) => shared.get(need))).pipe(switchMap((values) => run(values)))
      shared.set(id, value.pipe(shareReplay(1)))
    }
    return lastValueFrom(forkJoin([...shared.values()]))
  },
}

export const map = (fn, concurrency) => (items) =>
  lastValueFrom(
    from(items).pipe(
      mergeMap((item) => fn(item), concurrency),
      toArray(),
    ),
  )

export const mapStream = map
