/** A map of what can be made again: of more than `limit`, those that were not asked for the longest are forgotten. */
export class LruMap<K, V> {
  readonly #limit: number
  readonly #values = new Map<K, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: K, make: (key: K) => V): V {
    const known = this.#values.get(key)
    if (known !== undefined && this.#values.size < this.#limit) return known
    const value = known ?? make(key)
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > this.#limit) this.#values.delete(this.#values.keys().next().value!)
    return value
  }

  clear(): void {
    this.#values.clear()
  }
}
