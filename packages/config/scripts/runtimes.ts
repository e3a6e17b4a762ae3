// The tests of the portable packages on every runtime we promise: Node, Bun, Deno, a browser.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './chromium.ts'
import { environment } from './shell.ts'
import { root } from './workspace.ts'

const portable = ['packages/core']
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const folder = mkdtempSync(join(tmpdir(), 'pipe-runtimes-'))
/** Where the reports go: an argument for CI, which adds them up. */
const reports = process.argv[2] ?? folder

/** A runtime from npm, by the package that brings it, and how it starts vitest. */
const fromNpm = (name: string, start: string) => ({
  name,
  command: (args: string) => ({
    command: 'npx',
    args: ['-y', '--prefer-offline', '-p', name, '-c', `${start} ${vitest} run ${args}`],
  }),
})
const runtimes = [
  ...['22.23.3', '24.21.0', '26.10.0'].map((version) => fromNpm(`node@${version}`, 'node')),
  fromNpm('bun@1.4.5', 'bun --bun'),
  fromNpm('deno@2.9.6', 'deno run -A'),
  {
    name: 'chromium',
    command: (args: string) => ({
      command: 'node',
      args: [vitest, 'run', ...args.split(' '), '--config', join(root, 'packages/config/vitest.browser.ts')],
    }),
  },
]

let failures = 0
try {
  const chromium = await findChromium(folder)
  for (const [index, runtime] of runtimes.entries())
    for (const where of portable) {
      const report = join(reports, `runtime-${index}-${where.replace('/', '-')}.json`)
      const { command, args } = runtime.command(
        `--root ${where} --pool forks --reporter dot --reporter json --outputFile.json ${report}`,
      )
      const start = performance.now()
      const { status, stdout, stderr } = spawnSync(command, args, {
        cwd: root,
        env: { ...environment, CHROMIUM_PATH: chromium },
        encoding: 'utf8',
        timeout: 600_000,
      })
      const { numPassedTests = 0, numFailedTests = 0 } = read(report)
      const right = status === 0 && numPassedTests > 0
      console.log(
        `${right ? '✔' : '✖'} ${where} on ${runtime.name.padEnd(14)} ${numPassedTests} passed, ${numFailedTests} failed, ${((performance.now() - start) / 1000).toFixed(1)} s`,
      )
      if (right) continue
      failures++
      // A run that broke before its first test is one failure too.
      if (numFailedTests === 0) writeFileSync(report, JSON.stringify({ numPassedTests, numFailedTests: 1 }))
      console.log(stdout + stderr)
    }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failures > 0 ? 1 : 0

function read(report: string): { numPassedTests?: number; numFailedTests?: number } {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as object
  } catch {
    return {}
  }
}
