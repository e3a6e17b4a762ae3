import { Worker } from './worker.mjs'

/**
 * A table of what the `measure` of a scenario answers for each peer, in a fresh process. `cells` makes a row of an
 * answer; the `met` of a bar gets the answer.
 */
export const measured =
  ({ columns, cells, bars = {} }) =>
  async (scenario, { title, peers, config }) => {
    const rows = []
    for (const peer of peers) {
      const worker = new Worker(scenario, peer, config)
      const { answer, ...reason } = await worker.ask('measure')
      worker.end()
      if (answer === undefined) rows.push({ name: peer, ...reason })
      else rows.push({ name: peer, cells: cells(answer), bars: verdicts(bars[peer], answer) })
    }
    return { title, columns, rows }
  }

export const verdicts = (bars = [], ...figures) =>
  [bars].flat().map(({ text, met }) => ({ text, met: met(...figures) }))
