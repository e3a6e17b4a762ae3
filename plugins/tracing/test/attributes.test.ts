import { createPipe, pipeline, type Plugin } from '@pipe/core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tracing } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const seen = sdk()

/** The first column of a table in the README, by the word in its head. */
function listed(head: string): string[] {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const [, table = ''] = new RegExp(`\\n\\| ${head} .*\\n\\| -.*\\n((?:\\|.*\\n)+)`).exec(readme) ?? []
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name)
}

test('the README lists every attribute and every event, and no others', async () => {
  const again: Plugin = {
    name: 'again',
    policy:
      () =>
      ({ attempt }) =>
        attempt === 1 ? { retryAt: 0 } : undefined,
  }
  const boom = () => Promise.reject(new Error('boom'))
  const everything = pipeline('everything', { version: '2' }, (p) => {
    const step = p.step('step', { version: '3', run: () => 1, undo: boom })
    const skipped = p.step('skipped', { when: () => false, run: () => 1 })
    const map = p.map('map', { needs: { step, skipped }, over: () => [1], run: () => 1 })
    return p.step('bad', { needs: { map }, run: boom })
  })
  const pipe = createPipe({ plugins: [tracing(), again] })
  await pipe.start(everything, undefined, { tags: { shop: 'north' } }).result

  const events = seen.spans.flatMap((span) => span.events)
  const attributes = [...seen.spans, ...events.filter(({ name }) => name !== 'exception')]
  const names = new Set(attributes.flatMap(({ attributes = {} }) => Object.keys(attributes)))
  expect(listed('attribute').toSorted()).toEqual([...names].map((name) => name.replace('.shop', '.<name>')).toSorted())
  expect(listed('event').toSorted()).toEqual([...new Set(events.map(({ name }) => name))].toSorted())
})
