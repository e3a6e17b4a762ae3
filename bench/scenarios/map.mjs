// `async (x) => x + 1` of many items, eight at a time.
import { atMost } from '../lib/bars.mjs'
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
    peers: ['hand', 'pipe', 'async', 'p-map', 'effect', 'rxjs'],
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
