// What an import adds to an application: bundled with what it depends on, minified and gzipped.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { size } from '../lib/format.mjs'
import { verdicts } from '../lib/measured.mjs'

const bar = (most) => ({ text: `≤ ${size(most)}`, met: (bytes) => bytes <= most })

/** The smallest import that does the work of a pipeline, or of a map, a hook, a retry. */
const imports = {
  'pipe: all of @pipe/core': `export * from '@pipe/core'`,
  'pipe: pipeline + run': `export { pipeline, run } from '@pipe/core'`,
  'p-graph': `export { PGraph } from 'p-graph'`,
  'async: auto': `export { auto } from 'async'`,
  effect: `import { Effect } from 'effect'; export const run = (all) => Effect.runPromise(Effect.all(all, { concurrency: 8 }))`,
  rxjs: `export { from, forkJoin, mergeMap, lastValueFrom } from 'rxjs'`,
  xstate: `export { setup, createActor, fromPromise } from 'xstate'`,
  listr2: `export { Listr } from 'listr2'`,
  langgraph: `export { StateGraph, Annotation } from '@langchain/langgraph'`,
  mastra: `export { createWorkflow, createStep } from '@mastra/core/workflows'`,
  tapable: `export { default } from 'tapable'`,
  'p-map': `export { default } from 'p-map'`,
  'p-limit': `export { default } from 'p-limit'`,
  'p-queue': `export { default } from 'p-queue'`,
  cockatiel: `export { wrap, retry, timeout, handleAll } from 'cockatiel'`,
  'p-retry + p-timeout': `export { default as retry } from 'p-retry'; export { default as timeout } from 'p-timeout'`,
}

const bars = { 'pipe: all of @pipe/core': bar(6_000), 'pipe: pipeline + run': bar(4_500) }

/** Optional peers of Mastra, which are loaded when they are used. */
const external = ['@opentelemetry/*']

async function bundled(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external,
    logLevel: 'silent',
    write: false,
  })
  return outputFiles[0].contents
}

export const cases = [
  {
    name: 'size',
    title: 'size of an import, bundled',
    table: async (_, { title }) => {
      const found = []
      for (const [name, contents] of Object.entries(imports)) {
        const code = await bundled(contents)
        found.push({ name, minified: code.length, gzipped: gzipSync(code).length })
      }
      found.sort((a, b) => a.gzipped - b.gzipped)
      const rows = found.map(({ name, minified, gzipped }) => ({
        name,
        cells: [size(minified), size(gzipped)],
        bars: verdicts(bars[name], gzipped),
      }))
      return { title, columns: ['minified', 'gzip'], rows }
    },
  },
]
