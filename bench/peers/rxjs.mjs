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
import { inOrder } from '../lib/work.mjs'

export const chain = (functions) => {
  const operators = functions.map((fn) => concatMap((value) => fn(value)))
  return (value) => lastValueFrom(of(value).pipe(...operators))
}

export const wide = (functions, join) => (value) =>
  lastValueFrom(forkJoin(functions.map((fn) => defer(() => fn(value)))).pipe(mapped(join)))

/** A shared observable per node; what is shared is the value of one run, so they are made for each run. */
export const graph = {
  define: inOrder,
  run: (order) => {
    const nodes = new Map()
    for (const { id, needs, run } of order) {
      const value =
        needs.length === 0
          ? defer(() => run([]))
          : forkJoin(needs.map((need) => nodes.get(need))).pipe(switchMap((values) => run(values)))
      nodes.set(id, value.pipe(shareReplay(1)))
    }
    return lastValueFrom(forkJoin([...nodes.values()]))
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
