import { type Service, service } from '@pipe/core'

/** The keys of `B` that may be absent. */
export type OptionalKey<B> = { [K in keyof B]-?: Record<never, never> extends Pick<B, K> ? K : never }[keyof B] & string

/**
 * What the steps of an execution share, from tick to tick and from pass to pass: values by key. Each execution has its own.
 *
 * Plain objects and arrays are frozen all the way down when they are put there, so change a copy: `set('route', [...route,
 * stop])`. Instances of classes, maps, sets and dates stay as they are, and so does what is under keys that are symbols; what
 * changes inside of them is not seen. An object that is frozen already is taken to be so all the way.
 */
export interface Blackboard<B> {
  /** The value of `key`; `undefined` when it is not there. */
  get<K extends keyof B & string>(key: K): B[K]
  /** Puts a value there. Nothing changes, and nobody is told, when it is there already (`Object.is`). */
  set<K extends keyof B & string>(key: K, value: B[K]): void
  /** Puts there what `change` makes of the value. Steps that run at the same time do not come between, unless it calls them. */
  update<K extends keyof B & string>(key: K, change: (value: B[K]) => B[K]): void
  /** Whether there is a value. */
  has(key: keyof B & string): boolean
  /** Takes a key off that may be absent; answers whether it was there. */
  delete(key: OptionalKey<B>): boolean
  /** The keys, in the order in which they came. */
  keys(): IterableIterator<keyof B & string>
  /** The keys with their values. */
  entries(): IterableIterator<[keyof B & string, B[keyof B & string]]>
  /** All of it as a frozen object that does not change any more. The same one until something changes. */
  snapshot(): Readonly<B>
}

/**
 * Names the blackboard of the execution, as a service with the id `blackboard`. A step sees of it what it says here;
 * an execution needs what all of its steps see.
 *
 * ```ts
 * const Board = blackboard<{ battery: number; target?: string }>()
 * p.step('drain', { uses: { board: Board }, run: (_, { use: { board } }) => board.update('battery', (left) => left - 5) })
 * ```
 */
export function blackboard<B extends object>(): Service<'blackboard', Blackboard<B>> {
  return service<Blackboard<B>>()('blackboard')
}

/** What of the requirements `Q` of a pipeline is a view of the blackboard, each as a parameter. */
type Views<Q> = Q extends { readonly blackboard: Blackboard<infer B> } ? (board: B) => void : never

/** The blackboard that a pipeline with the requirements `Q` needs: what all of its steps see of it, together. */
export type BlackboardOf<Q> = [Views<Q>] extends [never]
  ? Record<never, never>
  : Views<Q> extends (board: infer B) => void
    ? B
    : never

/** The requirements in `Q` that are not the blackboard. */
export type WithoutBlackboard<Q> = Exclude<Q, { readonly blackboard: unknown }>
