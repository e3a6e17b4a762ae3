/** Methods of maps, and whether they look at all entries. */
const METHODS: readonly (readonly [name: string | symbol, all: boolean])[] = [
  ...['get', 'has', 'set', 'delete'].map((name) => [name, false] as const),
  ...['keys', 'values', 'entries', 'forEach', Symbol.iterator].map((name) => [name, true] as const),
]

/** How many entries of maps are looked at while `act` runs, each as often as it is: the same on every machine. */
export function workOnMaps(act: () => void): number {
  let work = 0
  const originals = METHODS.map(([name, all]) => {
    const method = Reflect.get(Map.prototype, name) as (...args: unknown[]) => unknown
    const counted = function (this: ReadonlyMap<unknown, unknown>, ...args: unknown[]): unknown {
      work += all ? this.size : 1
      return Reflect.apply(method, this, args)
    }
    Reflect.set(Map.prototype, name, counted)
    return [name, method] as const
  })
  try {
    act()
    return work
  } finally {
    for (const [name, method] of originals) Reflect.set(Map.prototype, name, method)
  }
}
