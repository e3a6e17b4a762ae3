/** Pipe side by side with its peers. README.md says how to run this and how to read what it prints. */
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compare } from './lib/compare.mjs'
import { writeToReadme } from './lib/readme.mjs'
import { failures, markdown, missedBars } from './lib/table.mjs'

const { positionals: wanted, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    peers: { type: 'string' },
    processes: { type: 'string' },
  },
})
if (options.quick && options.write) throw new Error('--quick takes no times: there is nothing to --write')

const folder = new URL('./scenarios/', import.meta.url)
const found = []
for (const file of readdirSync(folder).sort()) {
  const scenario = new URL(file, folder).href
  for (const test of (await import(scenario)).cases) {
    const matches = (name) => file === `${name}.mjs` || test.name === name
    if (wanted.length === 0 || wanted.some(matches)) found.push({ scenario, test: narrowed(test) })
  }
}
if (found.length === 0) throw new Error(`no scenario and no case is called ${wanted.join(' or ')}`)

/** The case with what the options ask for: fewer peers, another number of processes. */
function narrowed(test) {
  const peers = options.peers?.split(',')
  const chosen = test.peers?.filter(
    (peer) => peers?.some((name) => peer === name || peer.startsWith(`${name}:`)) ?? true,
  )
  return { ...test, peers: chosen, ...(options.processes !== undefined && { processes: Number(options.processes) }) }
}

const tables = []
for (const { scenario, test } of found) {
  const table = await (test.table ?? compare)(scenario, test, options)
  console.log(`\n### ${test.name}: ${test.title}\n\n${markdown(table)}`)
  if (options.write) writeToReadme(test.name, table)
  tables.push(table)
}
const failed = tables.flatMap(failures)
const missed = options.quick ? [] : tables.flatMap(missedBars)
console.log(['', ...failed, ...missed].join('\n✖ '))
if (failed.length > 0 || (options.check && missed.length > 0)) process.exitCode = 1
