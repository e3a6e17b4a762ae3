import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { splitFile } from '../../src/places/split.ts'
import { temporaryFolder } from '../program.ts'

const { signal } = new AbortController()
const header = 'zip_code,latitude,longitude,city,state,county'
const row = (zip: string, city: string) => `${zip},1,2,${city},NY,Suffolk`

/** The text of each batch of a file with this text. */
async function textsOf(text: string, size: number) {
  const file = join(temporaryFolder(), 'places.csv')
  writeFileSync(file, text)
  const { columns, batches } = await splitFile(file, size, signal)
  const bytes = readFileSync(file)
  return {
    columns,
    batches: batches.map(({ from, to, ...batch }) => ({ ...batch, text: bytes.toString('utf8', from, to) })),
  }
}

test('batches are whole rows, with the number of their first line; the last may be smaller', async () => {
  const [one, two, three] = [row('00001', 'A'), row('00002', 'B'), row('00003', 'C')]
  expect(await textsOf([header, one, two, three].join('\n'), 2)).toEqual({
    columns: header.split(','),
    batches: [
      { rows: '1-2', line: 2, text: `${one}\n${two}\n` },
      { rows: '3-3', line: 4, text: three },
    ],
  })
})

test('quotes, line breaks in a field, letters of several bytes, a mark at the beginning and CRLF do not matter', async () => {
  const [one, two, three] = [
    row('00001', '"Two\nlines"'),
    row('00002', 'Añasco, 🏝'.replace(', ', ' ')),
    row('00003', 'C'),
  ]
  const { batches } = await textsOf(`\uFEFF${[header, one, two, three].join('\r\n')}\r\n`, 1)
  expect(batches.map(({ text }) => text.trim())).toEqual([one, two, three])
  expect(batches.map(({ line }) => line)).toEqual([2, 4, 5])
})

test.each([
  ['without a row', [header], 'there is no row in it'],
  ['that is empty', [], 'there is no row in it'],
  ['without a column', ['zip_code,city,state,county'], 'line 1: there is no column latitude, longitude'],
  ['with a row that ends too early', [header, row('00001', 'A'), '00002,1'], 'expect 6, got 2 on line 3'],
])('a file %s is one clear error', async (_, lines, message) => {
  const file = join(temporaryFolder(), 'places.csv')
  writeFileSync(file, lines.join('\n'))
  await expect(splitFile(file, 2, signal)).rejects.toThrow(`Cannot read ${file}: `)
  await expect(splitFile(file, 2, signal)).rejects.toThrow(message)
})
