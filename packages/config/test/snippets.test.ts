import { expect, test } from 'vitest'
import { type Snippet, snippetsOf, unprinted } from '../scripts/snippets.ts'

const page = (...lines: string[]) => lines.join('\n')

test('the blocks of a page are one module, on the lines they have in the page', () => {
  const [snippet, ...others] = snippetsOf(
    page('# Title', '```ts', 'const a = 1', '```', 'words', '```ts', 'a // → 1', '```'),
  )
  expect(others).toEqual([])
  expect(snippet).toEqual({ line: 2, code: '\n\nconst a = 1\n\n\n\na // → 1\n', runs: true, prints: ['1'] })
})

test('a standalone block is a module of its own, between blocks that still continue', () => {
  const snippets = snippetsOf(page('```ts', 'a', '```', '```ts standalone', 'b', '```', '```ts', 'c', '```'))
  expect(snippets.map(({ line, code }) => [line, code.trim().split(/\s+/)])).toEqual([
    [1, ['a', 'c']],
    [4, ['b']],
  ])
})

test('no-run keeps a module from being run', () => {
  expect(snippetsOf(page('```ts no-run', 'a', '```')).map(({ runs }) => runs)).toEqual([false])
})

test('other languages, and blocks inside a longer fence, are text', () => {
  expect(snippetsOf(page('```sh', 'ls', '```', '````md', '```ts', 'a', '```', '````'))).toEqual([])
})

test('an unknown mark is an error that names the line', () => {
  expect(() => snippetsOf(page('', '```ts norun', 'a', '```'))).toThrow('line 2: "norun"')
})

test('what a page promises must be printed, in its order', () => {
  const [snippet] = snippetsOf(page('```ts', 'a // → one', 'b // → two', '```')) as [Snippet]
  expect(unprinted(snippet, 'one\nand two\n')).toBeUndefined()
  expect(unprinted(snippet, 'two\none\n')).toBe('two')
  expect(unprinted(snippet, '')).toBe('one')
})
