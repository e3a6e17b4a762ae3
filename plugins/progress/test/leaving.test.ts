import { afterEach, expect, it, vi } from 'vitest'
import { onLeaving } from '../src/leaving.ts'

const noted = () => {
  const seen: string[] = []
  const leaving = {
    exit: () => seen.push('exit'),
    interrupt: () => seen.push('interrupt'),
    stay: () => seen.push('stay'),
  }
  return { seen, release: onLeaving(leaving) }
}

const nextTurn = () => new Promise((turn) => setImmediate(turn))

afterEach(() => {
  process.removeAllListeners('SIGHUP')
})

it('tells of a signal, and that the process goes on because the program handles it: even with `once`', async () => {
  const kill = vi.spyOn(process, 'kill')
  process.once('SIGHUP', () => seen.push('program'))
  const { seen, release } = noted()
  process.emit('SIGHUP')
  await nextTurn()
  expect(seen).toEqual(['interrupt', 'program', 'stay'])
  expect(kill).not.toHaveBeenCalled()
  release()
})

it('ends the process by the signal when the program does not handle it', async () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  const { seen, release } = noted()
  process.emit('SIGHUP')
  await nextTurn()
  expect(seen).toEqual(['interrupt'])
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGHUP')
  release()
})

it('tells two that wait for it, and ends the process once', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  const [one, two] = [noted(), noted()]
  process.emit('SIGHUP')
  expect([one.seen, two.seen]).toEqual([['interrupt'], ['interrupt']])
  expect(kill).toHaveBeenCalledTimes(1)
  one.release()
  two.release()
})

it('leaves no listener', async () => {
  const counts = () => ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name))
  const before = counts()
  process.on('SIGHUP', () => undefined)
  const { release } = noted()
  process.emit('SIGHUP')
  release()
  await nextTurn()
  process.removeAllListeners('SIGHUP')
  expect(counts()).toEqual(before)
})
