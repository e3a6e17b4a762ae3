import { ITEM_KEY } from './fields.ts'

/** Which items of a map have lines: the first ones, and then one of so many. */
export interface Sample {
  readonly first: number
  readonly every: number
}

/** So many items that are going on are remembered, of each map. */
const MOST = 10_000

/** How many items of a map there were, how many of them ended how, and how many have no line. */
export interface ItemCounts {
  item: number
  failed: number
  unlogged?: number
  [status: string]: number | undefined
}

/** The items of a map, or the iterations of a loop. */
interface Group {
  /** How many there were so far. */
  seen: number
  /** Whether those that are going on have lines. */
  readonly decisions: Map<string, boolean>
  readonly counts: ItemCounts
}

/**
 * Decides which items have lines. An item and all steps inside it have them, or none of them has; what goes wrong is not
 * asked about.
 */
export class Sampler {
  readonly #sample: Sample | null
  readonly #groups = new Map<string, Group>()

  /** @param sample `null` when all have lines */
  constructor(sample: Sample | null) {
    this.#sample = sample
  }

  /** Whether a step or an item has lines. */
  keeps(path: string): boolean {
    if (this.#sample === null) return true
    for (const { index, 0: key } of path.matchAll(ITEM_KEY)) {
      // What is inside an item without lines is not counted: it would be as many again.
      if (!this.#decide(path.slice(0, index), path.slice(0, index + key.length))) return false
    }
    return true
  }

  /** Counts an item that has settled. */
  settled(map: string, item: string, status: string): void {
    const { counts, decisions } = this.#group(map)
    counts.item++
    counts[status] = (counts[status] ?? 0) + 1
    decisions.delete(item)
  }

  /** Counts an item whose line was left out. */
  leftOut(map: string): void {
    const { counts } = this.#group(map)
    counts.unlogged = (counts.unlogged ?? 0) + 1
  }

  /** How many items of a map ended how; `undefined` when there were none. Forgets them. */
  ended(map: string): Readonly<ItemCounts> | undefined {
    const counts = this.#groups.get(map)?.counts
    this.#groups.delete(map)
    return counts === undefined || counts.item === 0 ? undefined : counts
  }

  #decide(map: string, item: string): boolean {
    const { first, every } = this.#sample!
    const group = this.#group(map)
    const known = group.decisions.get(item)
    if (known !== undefined) return known
    const number = ++group.seen
    const kept = number <= first || number % every === 0
    // The iterations of a loop do not say that they have ended.
    if (group.decisions.size === MOST) group.decisions.delete(group.decisions.keys().next().value!)
    group.decisions.set(item, kept)
    return kept
  }

  #group(map: string): Group {
    let group = this.#groups.get(map)
    if (group === undefined)
      this.#groups.set(map, (group = { seen: 0, decisions: new Map(), counts: { item: 0, failed: 0 } }))
    return group
  }
}
