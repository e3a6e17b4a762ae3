// The tests on every runtime we promise: those of all packages on Node, those of core also on Bun, Deno and in a browser.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './chromium.ts'
import { environment } from './shell.ts'
import { root } from './workspace.ts'

/** Every package; examples and the scripts of the repository need the Node that is pinned. */
const packages =
  "--root . --config packages/config/vitest.root.ts --project '!@pipe/config' --project '!@pipe/example-*'"
const core = '--root packages/core'
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const folder = mkdtempSync(join(tmpdir(), 'pipe-runtimes-'))
/** Where the reports go: an argument for CI, which adds them up. */
const reports = process.argv[2] ?? folder

/** A runtime from npm, by the package that brings it, and how it starts vitest. */
const fromNpm = (name: string, start: string, tests: string) => ({
  name,
  tests,
  command: (args: string) => ({
    command: 'npx',
    args: ['-y', '--prefer-offline', '-p', name, '-c', `${start} ${vitest} run ${args}`],
  }),
})
const runtimes = [
  // Node 24 is what `npm test` runs on.
  ...['22.23.3', '26.10.0'].map((version) => fromNpm(`node@${version}`, 'node', packages)),
  fromNpm('bun@1.4.5', 'bun --bun', core),
  fromNpm('deno@2.9.6', 'deno run -A', core),
  {
    name: 'chromium',
    tests: core,
    command: (args: string) => ({
      command: 'node',
      args: [vitest, 'run', ...args.split(' '), '--config', join(root, 'packages/config/vitest.browser.ts')],
    }),
  },
]

let failures = 0
try {
  const chromium = await findChromium(folder)
  for (const [index, { name, tests, command: commandOf }] of runtimes.entries()) {
    const report = join(reports, `runtime-${index}.json`)
    const { command, args } = commandOf(
      `${tests} --pool forks --reporter dot --reporter json --outputFile.json ${report}`,
    )
    const start = performance.now()
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: root,
      env: { ...environment, CHROMIUM_PATH: chromium },
      encoding: 'utf8',
      timeout: 900_000,
    })
    const { numPassedTests = 0, numFailedTests = 0 } = read(report)
    const right = status === 0 && numPassedTests > 0
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const what = tests === core ? 'core' : 'all packages'
    console.log(
      `${right ? '✔' : '✖'} ${what} on ${name.padEnd(14)} ${numPassedTests} passed, ${numFailedTests} failed, ${seconds} s`,
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
