import { Figures } from './figures.mjs'
import { digits, time, whole } from './format.mjs'
import { verdicts } from './measured.mjs'
import { Worker } from './worker.mjs'

const PROCESSES = 3
const ROUNDS = 5
const SLOW_MS = 5_000
const VERY_SLOW_MS = 30_000

/**
 * Times the peers of a case, and returns a table of them: see table.mjs.
 *
 * Each peer runs in a process of its own. They are asked for a sample in turn, in another order each round, so that
 * what disturbs the machine disturbs all of them. All of it is done again in fresh processes, because what V8 optimises
 * differs from process to process.
 *
 * A case has `title`, `unit`, `peers`, `limit` (the peer that others are compared with), `bars` (one or several a
 * peer), `config` for `prepare` of the scenario, and perhaps `processes`, or `rate`: then wall time is what counts, as
 * units a second.
 */
export async function compare(scenario, test, { quick }) {
  const figures = new Figures()
  const without = new Map()
  const slow = new Set()

  const begin = async (peer) => {
    const worker = new Worker(scenario, peer, test.config)
    const { answer, ...reason } = await worker.ask(quick ? 'try' : 'prepare')
    if (answer === undefined) without.set(peer, reason)
    if (answer === undefined || quick) return worker.end()
    if (answer.firstMs > SLOW_MS) slow.add(peer)
    return { worker, rounds: answer.firstMs > VERY_SLOW_MS ? 1 : answer.firstMs > SLOW_MS ? 2 : ROUNDS }
  }

  for (let set = 0; set < (quick ? 1 : (test.processes ?? PROCESSES)); set++) {
    const racing = []
    for (const peer of test.peers) {
      const racer = without.has(peer) || slow.has(peer) ? undefined : await begin(peer)
      if (racer !== undefined) racing.push(racer)
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (let turn = 0; turn < racing.length; turn++) {
        const { worker, rounds } = racing[(turn + round) % racing.length]
        if (round >= rounds || without.has(worker.peer)) continue
        const { answer, ...reason } = await worker.ask('sample')
        if (answer === undefined) without.set(worker.peer, reason)
        else figures.add(worker.peer, set * ROUNDS + round, answer)
      }
    }
    for (const { worker } of racing) worker.end()
  }
  return quick ? tried(test, without) : table(test, figures, without)
}

function tried({ title, peers }, without) {
  return {
    title,
    columns: ['answer'],
    rows: peers.map((peer) => ({ name: peer, cells: ['right'], ...without.get(peer) })),
  }
}

function table(test, figures, without) {
  const { title, peers, bars = {}, rate = false } = test
  const clock = rate ? 'wall' : 'cpu'
  const measured = peers
    .filter((peer) => !without.has(peer))
    .sort((a, b) => figures.of(a, clock) - figures.of(b, clock))
  const { columns, cells } = (rate ? rates : times)(test, figures, measured)
  const rows = measured.map((peer) => ({ name: peer, cells: cells(peer), bars: verdicts(bars[peer], figures, peer) }))
  return {
    title,
    columns,
    rows: [...rows, ...[...without].map(([peer, reason]) => ({ name: peer, ...reason }))],
  }
}

const times = ({ unit, limit }, figures, measured) => {
  const ratio = (peer, clock) => (measured.includes(limit) ? `${digits(figures.ratio(peer, limit, clock))}×` : '')
  return {
    columns: [`CPU per ${unit}`, `× ${limit}`, `wall per ${unit}`, `× ${limit}`],
    cells: (peer) => [time(figures.of(peer)), ratio(peer, 'cpu'), time(figures.of(peer, 'wall')), ratio(peer, 'wall')],
  }
}

const rates = ({ unit, limit }, figures, measured) => {
  const ratio = (peer) => (measured.includes(limit) ? `${digits(1 / figures.ratio(peer, limit, 'wall'))}×` : '')
  return {
    columns: [`${unit}s a second`, `× ${limit}`, `CPU per ${unit}`],
    cells: (peer) => [whole(1e6 / figures.of(peer, 'wall')), ratio(peer), time(figures.of(peer))],
  }
}
