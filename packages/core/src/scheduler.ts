import { popHeap, pushHeap } from './heap.ts'

/** The shape of a graph as numbers. Node indexes are in declaration order, and every edge leads to a larger index. */
export interface Topology {
  readonly size: number
  /** How many nodes must settle before each node may start. */
  readonly waits: readonly number[]
  /** Nodes that wait for none, ascending. */
  readonly roots: readonly number[]
  /** Successors of node `i`, ascending: `successors[offsets[i]]` up to, not including, `successors[offsets[i + 1]]`. */
  readonly offsets: Int32Array
  readonly successors: Int32Array
}

/** Numbers the edges of a graph. `before[i]` are the nodes that node `i` waits for, each once, all smaller than `i`. */
export function topologyOf(before: readonly (readonly number[])[]): Topology {
  const size = before.length
  const offsets = new Int32Array(size + 1)
  const waits: number[] = []
  const roots: number[] = []
  for (let i = 0; i < size; i++) {
    const list = before[i]!
    for (let k = 0, end = list.length; k < end; k++) offsets[list[k]! + 1]!++
    waits.push(list.length)
    if (list.length === 0) roots.push(i)
  }
  for (let i = 0; i < size; i++) offsets[i + 1]! += offsets[i]!
  const successors = new Int32Array(offsets[size]!)
  const next = offsets.slice(0, size)
  for (let i = 0; i < size; i++) {
    const list = before[i]!
    for (let k = 0, end = list.length; k < end; k++) successors[next[list[k]!]!++] = i
  }
  return { size, waits, roots, offsets, successors }
}

/** State of a node. A positive number counts the nodes it still waits for. */
export const State = {
  ready: 0,
  running: -1,
  succeeded: -2,
  restored: -3,
  skipped: -4,
  failed: -5,
  cancelled: -6,
} as const

/** How a node may settle. */
export type Settled = -2 | -3 | -4 | -5 | -6

/**
 * Decides which node starts when, and nothing else: no clock, no promise, no user code, so that every engine can share
 * it. Of the nodes that are ready, the one declared first is next.
 */
export class Scheduler {
  /** State of each node. */
  readonly state: number[]
  /** Nodes that have not settled. */
  pending: number
  readonly #topology: Topology
  /** How many of the roots have been taken: these are ready from the start, in order. */
  #taken = 0
  /** The first of the other ready nodes, or -1. In a chain it is all there is. */
  #first = -1
  /** The rest: most become ready in ascending order and are queued, the few that arrive late are kept in a heap. */
  #queue: number[] | null = null
  #head = 0
  #late: number[] | null = null

  constructor(topology: Topology) {
    this.#topology = topology
    this.state = topology.waits.slice()
    this.pending = topology.size
  }

  /** Takes the next ready node and marks it running, or answers -1. */
  next(): number {
    const { roots } = this.#topology
    let node = this.#taken < roots.length ? roots[this.#taken]! : -1
    const first = this.#first
    if (first >= 0 && (node < 0 || first < node)) {
      node = first
      this.#first = this.#queue === null ? -1 : this.#nextOfRest(this.#queue)
    } else if (node < 0) return -1
    else this.#taken++
    this.state[node] = State.running
    return node
  }

  /** Settles a node, and makes ready those that waited only for it. */
  settle(node: number, as: Settled): void {
    const { state } = this
    const { offsets, successors } = this.#topology
    state[node] = as
    this.pending--
    for (let k = offsets[node]!, end = offsets[node + 1]!; k < end; k++) {
      const successor = successors[k]!
      const waits = state[successor]!
      if (waits > 0 && (state[successor] = waits - 1) === 0) this.#ready(successor)
    }
  }

  /** Settles a node as failed and everything that depends on it as skipped; answers the skipped ones, ascending. */
  fail(node: number): readonly number[] {
    const { state } = this
    const { offsets, successors } = this.#topology
    state[node] = State.failed
    this.pending--
    const lost: number[] = []
    for (let from = node, at = 0; ; from = lost[at++]!) {
      for (let k = offsets[from]!, end = offsets[from + 1]!; k < end; k++) {
        const successor = successors[k]!
        if (state[successor]! <= 0) continue
        state[successor] = State.skipped
        this.pending--
        lost.push(successor)
      }
      if (at === lost.length) return lost.sort((a, b) => a - b)
    }
  }

  /** Settles everything that has not started as cancelled; answers those nodes, ascending. */
  stop(): readonly number[] {
    const { state } = this
    const lost: number[] = []
    for (let i = 0; i < state.length; i++) {
      if (state[i]! < State.ready) continue
      state[i] = State.cancelled
      lost.push(i)
    }
    this.pending -= lost.length
    this.#taken = this.#topology.roots.length
    this.#first = -1
    this.#queue = this.#late = null
    return lost
  }

  #ready(node: number): void {
    const first = this.#first
    if (first < 0) this.#first = node
    else if (node > first) this.#queueUp(node)
    else {
      this.#first = node
      this.#queueUp(first)
    }
  }

  #queueUp(node: number): void {
    const queue = (this.#queue ??= [])
    if (this.#head < queue.length && node < queue.at(-1)!) pushHeap((this.#late ??= []), node, smaller)
    else queue.push(node)
  }

  #nextOfRest(queue: number[]): number {
    const queued = this.#head < queue.length ? queue[this.#head]! : -1
    const late = this.#late
    if (late !== null && late.length > 0 && (queued < 0 || late[0]! < queued)) return popHeap(late, smaller)
    if (queued < 0) {
      this.#queue = null
      this.#head = 0
      return -1
    }
    this.#head++
    return queued
  }
}

const smaller = (a: number, b: number): boolean => a < b
