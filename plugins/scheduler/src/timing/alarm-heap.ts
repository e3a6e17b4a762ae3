/** What an {@link AlarmHeap} holds. */
export interface HeapEntry {
  /** Epoch ms. */
  readonly at: number
  /** Which of those of the same time comes first: the lower. */
  readonly order: number
  /** Where it lies, below 0 when it is in no heap. The heap keeps it. */
  index: number
}

/** A binary heap whose entries know where they are, so that any of them is taken out without a search. */
export class AlarmHeap<E extends HeapEntry> {
  readonly #entries: E[] = []

  /** The entry that comes first; `undefined` when there is none. */
  get first(): E | undefined {
    return this.#entries[0]
  }

  add(entry: E): void {
    this.#rise(entry, this.#entries.length)
  }

  /** Takes an entry out, if it is in. */
  remove(entry: E): void {
    const { index } = entry
    if (index < 0) return
    entry.index = -1
    const last = this.#entries.pop()
    if (last === undefined || last === entry) return
    if (isBefore(last, entry)) this.#rise(last, index)
    else this.#sink(last, index)
  }

  /** Puts `entry` at `index`, or above it. */
  #rise(entry: E, index: number): void {
    let at = index
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, this.#entries[parent]!)) break
      this.#put(this.#entries[parent]!, at)
      at = parent
    }
    this.#put(entry, at)
  }

  /** Puts `entry` at `index`, or below it. */
  #sink(entry: E, index: number): void {
    const size = this.#entries.length
    let at = index
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && isBefore(this.#entries[child + 1]!, this.#entries[child]!)) child++
      if (!isBefore(this.#entries[child]!, entry)) break
      this.#put(this.#entries[child]!, at)
      at = child
    }
    this.#put(entry, at)
  }

  #put(entry: E, index: number): void {
    this.#entries[index] = entry
    entry.index = index
  }
}

const isBefore = (a: HeapEntry, b: HeapEntry) => a.at < b.at || (a.at === b.at && a.order < b.order)
