import { expect, test, vi } from 'vitest'

const nothing = () => undefined
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('leaves a timeout', () => {
  setTimeout(nothing, 1_000)
})
test('leaves an interval', () => {
  setInterval(nothing, 1_000)
})
test('leaves a fake timer', () => {
  vi.useFakeTimers()
  setTimeout(nothing, 1_000)
})
test('clears what it starts', () => {
  vi.useRealTimers()
  clearTimeout(setTimeout(nothing, 1_000))
  clearInterval(setInterval(nothing, 1_000))
  expect(true).toBe(true)
})
test('waits for a timer', () => sleep(5))
test.concurrent('runs beside another', () => sleep(5))
test.concurrent('runs beside one', () => sleep(20))
