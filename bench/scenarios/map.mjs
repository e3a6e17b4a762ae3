// `async (x) => x + 1` of many items, eight at a time.
import { atMost } from '../lib/bars.mjs'
import { size } from '../lib/format.mjs'
import { measured } from '../lib/measured.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, increment, sum } from '../lib/work.mjs'

const CONCURRENCY = 8
const test = { unit: 'item', limit: 'hand', bars: { pipe: atMost(2) } }

export const cases = [
  {
    ...test,
    name: 'map-array',
    title: '100,000 items of an array, 8 at a time',
    config: { items: 100_000, kind: 'array' },
    peers: ['hand', 'pipe', 'async', 'p-map', 'effect', 'p-limit', 'p-queue', 'rxjs'],
  },
  {
    ...test,
    name: 'map-small',
    title: '1,000 items of an array, 8 at a time',
    config: { items: 1000, kind: 'array' },
    peers: ['hand', 'pipe', 'async', 'p-map', 'effect', 'p-limit', 'p-queue', 'rxjs', 'listr2', 'mastra'],
  },
  {
    ...test,
    name: 'map-stream',
    title: '100,000 items of an async generator, 8 at a time',
    config: { items: 100_000, kind: 'stream' },
    peers: ['hand', 'pipe', 'async', 'p-map', 'effect', 'rxjs', 'node-stream'],
  },
  {
    name: 'map-memory',
    title: 'memory of a map of an async generator of large items, 8 at a time, from the 20,000th to the 100,000th item',
    config: { from: 20_000, to: 100_000 },
    peers: ['hand', 'pipe', 'async', 'p-map', 'effect', 'rxjs', 'node-stream'],
    table: measured({
      columns: ['heap in use per item', 'most items read and not finished'],
      cells: ({ heap, ahead }) => [size(heap), String(ahead)],
      bars: {
        pipe: [
          { text: '≤ 16 B (its place in the output)', met: ({ heap }) => heap <= 16 },
          { text: '≤ 9 ahead', met: ({ ahead }) => ahead <= CONCURRENCY + 1 },
        ],
      },
    }),
  },
]

const sources = {
  array: (count) => {
    const items = Array.from({ length: count }, (_, index) => index)
    return () => items
  },
  stream: (count) =>
    async function* () {
      for (let index = 0; index < count; index++) yield index
    },
}

export async function prepare(name, { items: count, kind }) {
  const { peer } = await loadPeer(name)
  const make = kind === 'array' ? peer.map : peer.mapStream
  await checkBound(make, sources[kind](200)())
  const map = make(increment, CONCURRENCY)
  const items = sources[kind](count)
  const total = (count * (count + 1)) / 2
  const check = (outputs) => {
    expect(outputs.length, count, 'number of outputs')
    expect(sum(outputs), total | 0, 'total')
  }
  return { units: count, run: () => map(items()), check }
}

/** Never more than eight at a time. */
async function checkBound(make, items) {
  let active = 0
  let most = 0
  const map = make(async (item) => {
    most = Math.max(most, ++active)
    await new Promise(setImmediate)
    active--
    return item
  }, CONCURRENCY)
  await map(items)
  expect(most, CONCURRENCY, 'number of items at a time')
}

/** How the heap grows with the items: an item is about 1 kB, what the map makes of it is a number. */
export async function measure(name, { from, to }) {
  const { peer } = await loadPeer(name)
  const heaps = []
  let finished = 0
  let ahead = 0
  async function* items() {
    for (let index = 0; index <= to; index++) {
      ahead = Math.max(ahead, index - finished)
      if (index === from || index === to) heaps.push(heapInUse())
      yield { index, payload: Array.from({ length: 128 }, () => index) }
    }
  }
  const map = peer.mapStream(async ({ index, payload }) => {
    await new Promise(setImmediate) // the source is faster than that
    finished++
    return payload[0] - index
  }, CONCURRENCY)
  const outputs = await map(items())
  expect(outputs.length, to + 1, 'number of outputs')
  return { heap: (heaps[1] - heaps[0]) / (to - from), ahead }
}

function heapInUse() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
