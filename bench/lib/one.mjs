/** One peer of one case in this process, for a profile: `pnpm run profile chain-1000 pipe 2000` (runs; default 1000). */
import { readdirSync } from 'node:fs'

const [, , name, peer, runs = '1000'] = process.argv
const folder = new URL('../scenarios/', import.meta.url)
for (const file of readdirSync(folder)) {
  const { cases, prepare } = await import(new URL(file, folder).href)
  const test = cases.find((one) => one.name === name)
  if (test === undefined || prepare === undefined) continue
  const job = await prepare(peer, test.config)
  const start = performance.now()
  let answer
  for (let i = 0; i < Number(runs); i++) answer = await job.run()
  await job.check(answer)
  const us = ((performance.now() - start) * 1000) / Number(runs) / job.units
  console.log(`${name} ${peer}: ${us.toFixed(3)} µs per ${test.unit} over ${runs} runs, no warm-up`)
}
