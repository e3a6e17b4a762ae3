// Runs every script of package.json named check:* or docs:*, one after the other: all that CI asks of a change besides the tests.
// Arguments: where to write the report of CI, and names of scripts to leave out.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shell } from './shell.ts'
import { root } from './workspace.ts'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const [, , report, ...leftOut] = process.argv
const names = Object.keys(scripts).filter((name) => /^(check|docs):/.test(name) && !leftOut.includes(name))
let [passed, failed] = [0, 0]
for (const name of names) {
  const start = performance.now()
  const output = await shell('pnpm', ['--silent', name], { cwd: root }).then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  )
  console.log(
    `${output === undefined ? '✔' : '✖'} ${name.padEnd(18)} ${((performance.now() - start) / 1000).toFixed(1)} s`,
  )
  if (output === undefined) passed++
  else {
    failed++
    console.log(output)
  }
}
// In the words of vitest's report: CI adds up the counts of every run.
if (report) writeFileSync(report, JSON.stringify({ numPassedTests: passed, numFailedTests: failed }))
console.log(`${passed} checks passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
