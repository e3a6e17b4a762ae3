import { readFileSync } from 'node:fs'
import { createPipe, pipeline } from '@pipe/core'
import { expect, test } from 'vitest'
import { metrics } from '../src/index.ts'
import { prometheusName } from '../src/prometheus-name.ts'
import { recordingSink } from './support/recording-sink.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The cells of the rows of a table whose header begins with `first`, without marks of code. */
const table = (first: string) =>
  readme
    .slice(readme.indexOf(`| ${first} `))
    .split('\n\n')[0]!
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .replaceAll('`', '')
        .split('|')
        .map((cell) => cell.trim()),
    )

test('the README lists every instrument', async () => {
  const { sink, instruments } = recordingSink()
  await createPipe({ plugins: [metrics({ sink })] }).run(pipeline('p', (p) => p.step('a', { run: () => 1 })))
  expect(table('OpenTelemetry').slice(0, -1)).toEqual(
    instruments.map((instrument) => {
      const { name, kind, unit, labels } = instrument
      return [name, kind, unit, prometheusName(instrument), labels.join(', ')]
    }),
  )
})

test('the README lists every option', () => {
  const known = /the options are (.*);/.exec(String(refusal()))?.[1]?.split(', ')
  expect(table('option').map(([option]) => option)).toEqual(known)
})

function refusal(): unknown {
  try {
    return metrics({ unknown: 1 } as object)
  } catch (error) {
    return error
  }
}
