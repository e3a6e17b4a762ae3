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

/** The case with what the options ask for: fewer peers, another number of processes. */
function narrowed(test) {
  const names = options.peers?.split(',')
  const chosen = (peer) => names?.some((name) => peer === name || peer.startsWith(`${name}:`)) ?? true
  const processes = options.processes === undefined ? test.processes : Number(options.processes)
  return { ...test, peers: test.peers?.filter(chosen), processes }
}

const folder = new URL('./scenarios/', import.meta.url)
const found = []
for (const file of readdirSync(folder).sort()) {
  const scenario = new URL(file, folder).href
  const { cases } = await import(scenario)
  const asked = ({ name }) => wanted.length === 0 || wanted.includes(name) || wanted.includes(file.replace('.mjs', ''))
  for (const test of cases.filter(asked).map(narrowed)) if (test.peers?.length !== 0) found.push({ scenario, test })
}
if (found.length === 0) throw new Error(`no case is called ${wanted.join(' or ')}, or it has none of these peers`)

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
