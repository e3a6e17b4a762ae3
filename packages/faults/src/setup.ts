// What vitest does before the first test file, and after the last one.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterwards } from '@pipe/config/servers/afterwards'
import { startSqlServers } from './sql-servers.ts'
import { counted, isClean, summaryOf } from './tally.ts'

/** Gives the tests a folder for all that they write and a seed for all that they choose; sums up what they counted. */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-faults-'))
  chmodSync(folder, 0o711) // PostgreSQL, which refuses to be root, has its own in it
  process.env['TMPDIR'] = folder
  const stay = afterwards('sleep 1; rm -rf "$1"', folder)
  const servers = await startSqlServers()
  const seed = (process.env['FAULTS_SEED'] ??= String(Date.now() % 1_000_000))
  const scope = process.env['FAULTS'] === 'all' ? 'everything' : 'a sample; everything with FAULTS=all'
  console.log(`faults: ${scope}; FAULTS_SEED=${seed}`)
  return async () => {
    await servers[Symbol.asyncDispose]()
    const all = counted()
    console.log(`\nfaults: ${scope}; FAULTS_SEED=${seed}\n${summaryOf(all)}`)
    const left = readdirSync(folder).filter((name) => name.startsWith('pipe-'))
    if (left.length > 0) console.log(`The tests left behind: ${left.join(', ')}`)
    if (left.length > 0 || !isClean(all)) process.exitCode = 1
    stay()
    rmSync(folder, { recursive: true, force: true })
  }
}
