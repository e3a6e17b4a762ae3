export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The samples of a case: of each peer one a round, in µs of CPU and wall time per unit of work. */
export class Figures {
  #peers = new Map()

  add(peer, round, sample) {
    if (!this.has(peer)) this.#peers.set(peer, new Map())
    this.#peers.get(peer).set(round, sample)
  }

  has(peer) {
    return this.#peers.has(peer)
  }

  /** Median, in µs. */
  of(peer, clock = 'cpu') {
    return median([...this.#peers.get(peer).values()].map((sample) => sample[clock]))
  }

  /** Median of the ratios of each round: what disturbs the machine disturbs both. */
  ratio(peer, to, clock = 'cpu') {
    return median(this.#pairs(peer, to).map(([mine, other]) => mine[clock] / other[clock]))
  }

  /** Median of the differences of each round, in µs of CPU time. */
  added(peer, to) {
    return median(this.#pairs(peer, to).map(([mine, other]) => mine.cpu - other.cpu))
  }

  #pairs(peer, to) {
    const others = this.#peers.get(to)
    return [...this.#peers.get(peer)].flatMap(([round, mine]) => (others.has(round) ? [[mine, others.get(round)]] : []))
  }
}
