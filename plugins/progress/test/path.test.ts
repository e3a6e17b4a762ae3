import { expect, it } from 'vitest'
import { cutsOf, nameOf } from '../src/path.ts'

it.each([
  ['user', []],
  ['bill/charge', ['bill']],
  ['orders[42]/lines[a]', ['orders', 'orders[42]', 'orders[42]/lines']],
  ['pages[https://a/b[c\\]]/read', ['pages', 'pages[https://a/b[c\\]]']],
  ['odd[a\\\\]/b', ['odd', 'odd[a\\\\]']],
])('%s is inside of %j', (path, around) => {
  expect(cutsOf(path).map((cut) => path.slice(0, cut))).toEqual(around)
})

it.each([
  ['/charge', 'charge'],
  ['[a\\]b\\\\]', 'a]b\\'],
  ['user', 'user'],
])('what is left of a path, %s, is called %s', (rest, name) => {
  expect(nameOf(rest)).toBe(name)
})
