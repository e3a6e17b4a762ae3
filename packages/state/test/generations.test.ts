import { pipeline, type Plugin, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { Generations } from '../src/generations.ts'
import { agingStore, startProcess } from './support/process.ts'
import { workOnMaps } from './support/work.ts'

describe('what attempts of steps that run others do inside', () => {
  test('has plain paths as keys at the first attempt, and other keys at each one after', () => {
    const generations = new Generations()
    const keys = [generations.keyOf('call/a')]
    for (const attempt of [1, 2, 3]) {
      generations.begin('call', attempt)
      keys.push(generations.keyOf('call/a'))
    }
    expect(keys[0]).toBe('call/a')
    expect(keys[1]).toBe('call/a')
    expect(new Set(keys).size).toBe(3)
    expect(keys.map((key) => Generations.pathOf(key))).toEqual(Array(4).fill('call/a'))
    expect(keys.map((key) => generations.has(key))).toEqual([false, false, false, true])
    expect(generations.keyOf('call')).toBe('call')
    expect(generations.keyOf('caller/a')).toBe('caller/a')
  })

  test('begins at the first attempt again inside of another attempt', () => {
    const generations = new Generations()
    generations.begin('m[k]/call', 2)
    const before = generations.keyOf('m[k]/call/a')
    generations.begin('m[k]', 2)
    const outer = generations.keyOf('m[k]/call/a')
    generations.begin('m[k]/call', 2)
    const both = generations.keyOf('m[k]/call/a')
    expect(new Set([before, outer, both]).size).toBe(3)
    expect(generations.keyOf('m[other]/call/a')).toBe('m[other]/call/a')
  })

  test('is found again by what was recorded', () => {
    const generations = new Generations()
    generations.begin('m[a/b]', 3)
    generations.begin('m[a/b]/call', 2)
    const keys = ['m[a/b]/call/x', 'm[c]/call/x'].map((path) => generations.keyOf(path))
    const failed = [
      [generations.keyOf('m[a/b]/call'), 1],
      [generations.keyOf('m[a/b]'), 2],
      ['step', 5],
    ] as const
    const found = Generations.after([...keys, 'm[a/b]/call/x'], failed)
    expect(['m[a/b]/call/x', 'm[c]/call/x', 'step'].map((path) => found.keyOf(path))).toEqual([...keys, 'step'])
  })

  test.each(['m[\u0001]/x', 'm[a\u0001b#2]/x', 'm[\0]/x', 'm[\u0002]/x', 'm[\u00020\u0001]/x', 'm[]/x', 'm[\\]/]/x'])(
    'tells the path %j apart, whatever its keys of items have',
    (path) => {
      const generations = new Generations()
      const plain = generations.keyOf(path)
      generations.begin(path.slice(0, -2), 2)
      const second = generations.keyOf(path)
      expect([plain, second].map((key) => Generations.pathOf(key))).toEqual([path, path])
      expect(second).not.toBe(plain)
      expect(`${plain}${second}`).not.toContain('\0')
      expect(Generations.after([second], [[Generations.plainKeyOf(path.slice(0, -2)), 1]]).keyOf(path)).toBe(second)
      expect(new Set(['m[0]/x', 'm[1]/x', 'm[2]/x', plain]).size).toBe(4)
    },
  )

  test('costs in proportion to how many there are: ten times as many retried items, ten times the work', () => {
    const work = (items: number) =>
      workOnMaps(() => {
        const generations = new Generations()
        const keys: string[] = []
        const failed: [string, number][] = []
        for (let i = 0; i < items; i++) {
          failed.push([generations.keyOf(`m[${i}]`), 1])
          generations.begin(`m[${i}]`, 2)
        }
        for (let i = 0; i < items; i++) keys.push(generations.keyOf(`m[${i}]/x`))
        Generations.after(keys, failed)
      })
    expect(work(10_000)).toBeLessThan(work(1_000) * 11)
  })
})

describe('items whose keys have characters that keys of entries use', () => {
  const keys = ['a\u0001b', 'a\u0002b', 'a\0b', 'a']
  const retrying: Plugin = {
    name: 'retrying',
    policy: ({ kind }) => (kind === 'item' ? ({ attempt }) => (attempt < 2 ? { retryAt: 0 } : undefined) : undefined),
  }

  test('are restored as any others, also when they were tried again', async () => {
    const calls: string[] = []
    const last = vi.fn<() => Promise<string>>(() => new Promise(() => undefined))
    const failed = new Set<string>()
    const inner = pipeline('inner', { input: type<string>() }, (p, input) => {
      const a = p.step('a', { needs: { input }, run: ({ input }) => (calls.push(`a ${input}`), input) })
      return p.step('b', {
        needs: { a },
        run: ({ a }) => {
          calls.push(`b ${a}`)
          if (!failed.has(a)) throw new Error(`not yet ${String(failed.add(a).size)}`)
          return `done ${a}`
        },
      })
    })
    const defined = pipeline('p', (p) => {
      const plain = p.map('plain', { over: () => keys, key: (key) => key, run: (key) => (calls.push(key), key) })
      const m = p.map('m', { over: () => keys, key: (key) => key, run: inner })
      const end = p.step('end', { needs: { plain, m }, run: () => last() })
      return { m, end }
    })
    const { store, age } = agingStore()
    const first = startProcess(store, {}, retrying)
    void first.pipe.run(defined, undefined, { id: 'run-1' }).catch(() => undefined)
    await vi.waitFor(() => expect(last).toHaveBeenCalled())
    first.kill()
    age(31_000)
    calls.length = 0
    last.mockResolvedValueOnce('end')
    const second = startProcess(store, {}, retrying)
    const output = await second.pipe.run(defined, undefined, { id: 'run-1' })
    expect(output).toEqual({ m: keys.map((key) => `done ${key}`), end: 'end' })
    expect(calls).toEqual([])
  })
})
