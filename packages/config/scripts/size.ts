// What a package adds to an application: bundled, minified, gzipped, without its peers.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { report } from './report.ts'
import { root } from './workspace.ts'

/** What is imported, and the most it may weigh in bytes. A ratchet: it only goes down (docs/adr/006). */
const budgets: [what: string, code: string, limit: number][] = [
  ['@pipe/core, whole', `export * from './packages/core/dist/index.js'`, 25_400],
  ['@pipe/core, pipeline + run', `export { pipeline, run } from './packages/core/dist/index.js'`, 20_900],
  ['@pipe/redaction', `export * from './packages/redaction/dist/index.js'`, 2_800],
  ['@pipe/retry', `export * from './plugins/retry/dist/index.js'`, 2_400],
  ['@pipe/metrics', `export * from './plugins/metrics/dist/index.js'`, 4_100],
  ['@pipe/tracing', `export * from './plugins/tracing/dist/index.js'`, 3_900],
  ['@pipe/logging', `export * from './plugins/logging/dist/index.js'`, 5_100],
  ['@pipe/progress', `export * from './plugins/progress/dist/index.js'`, 6_700],
  ['@pipe/redis', `export * from './plugins/redis/dist/index.js'`, 7_930],
  ['@pipe/sql', `export * from './plugins/sql/dist/index.js'`, 31_500],
  ['@pipe/scheduler', `export * from './plugins/scheduler/dist/index.js'`, 19_500],
]

const problems: string[] = []
for (const [what, contents, limit] of budgets) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    packages: 'external',
    write: false,
  })
  const size = gzipSync(outputFiles[0]?.contents ?? '').length
  console.log(`${what.padEnd(30)} ${size.toString().padStart(6)} B of ${limit}`)
  if (size > limit) problems.push(`${what} is ${size - limit} B over its budget`)
}
report('every size is within its budget', problems)
