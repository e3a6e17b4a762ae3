import { expect, test } from 'vitest'
import { Budget } from '../src/budget.ts'

test('a full bucket gives out as many tokens as it holds', () => {
  const budget = new Budget(3, 1_000)
  expect([0, 0, 0, 0].map((now) => budget.take(now))).toEqual([true, true, true, false])
})

test('it refills evenly', () => {
  const budget = new Budget(2, 1_000)
  expect([0, 0, 499, 500, 999, 1_000].map((now) => budget.take(now))).toEqual([true, true, false, true, false, true])
})

test('it never holds more than when full', () => {
  const budget = new Budget(2, 1_000)
  budget.take(0)
  expect([1e9, 1e9, 1e9].map((now) => budget.take(now))).toEqual([true, true, false])
})

test('a clock that is set back gives nothing and takes nothing', () => {
  const budget = new Budget(2, 1_000)
  expect([5_000, 0, 0, 500].map((now) => budget.take(now))).toEqual([true, true, false, true])
})
