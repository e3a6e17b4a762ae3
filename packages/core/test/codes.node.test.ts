import { errorCodes } from '../src/codes.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Thrown by others: by hosts that stop a run, and by what owns its lease. */
const THROWN_BY_OTHERS = ['SHUTDOWN', 'LEASE_LOST']

const folder = new URL('../src/', import.meta.url)
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'codes.ts')
  .map((name) => readFileSync(new URL(name, folder), 'utf8').replaceAll(/\/\*\*[^]*?\*\//g, ''))
const table = Object.entries(errorCodes)

describe('the table of codes', () => {
  test.each(table.map(([code]) => code).filter((code) => !THROWN_BY_OTHERS.includes(code)))(
    'has no code that nobody throws: %s',
    (code) => {
      expect(sources.some((source) => source.includes(`'${code}'`))).toBe(true)
    },
  )

  test('has every code that is thrown', () => {
    const thrown = sources.flatMap((source) =>
      [...source.matchAll(/new PipelineError\(\s*'(\w+)'/g)].map(([, code]) => code),
    )
    expect(thrown.length).toBeGreaterThan(10)
    for (const code of thrown) expect(Object.keys(errorCodes)).toContain(code)
  })

  test.each(table)('says of %s what it means, in sentences', (_, text) => {
    expect(text).toMatch(/^[A-Z].*\.$/)
  })
})
