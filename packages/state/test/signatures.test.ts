import { pipeline, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { runsIn } from '../src/index.ts'
import { changesIn, signaturesOf, told } from '../src/signatures.ts'
import { agingStore, startProcess } from './support/process.ts'

interface Around {
  /** Of the call, the map and the loop. */
  readonly version?: string
  /** Which step the call reads. */
  readonly reads?: 'a' | 'b'
  readonly as?: 'call' | 'loop'
}

const calls: string[] = []
const end = vi.fn<() => Promise<string>>()

/** Steps inside of a call that is inside of a map, of a call or loop `c`, and a map of functions. */
function defined({ version, reads = 'a', as = 'call' }: Around = {}) {
  const did = <T>(name: string, value: T): T => (calls.push(name), value)
  const more = version !== undefined && { version }
  const inner = pipeline('inner', { input: type<string>() }, (p, input) => {
    const x = p.step('x', { needs: { input }, run: ({ input }) => did('x', input) })
    return p.step('y', { needs: { x }, run: ({ x }) => did('y', x) })
  })
  const outer = pipeline('outer', { input: type<string>() }, (p, input) =>
    p.call('deep', inner, { needs: { input }, input: ({ input }) => input }),
  )
  return pipeline('p', (p) => {
    const a = p.step('a', { run: () => did('a', 'from a') })
    const b = p.step('b', { run: () => did('b', 'from b') })
    const needs = { v: reads === 'a' ? a : b }
    const c =
      as === 'call'
        ? p.call('c', inner, { needs, ...more, input: ({ v }) => v })
        : p.loop('c', inner, { needs, ...more, input: ({ v }) => v, until: () => true, max: 1 })
    const m = p.map('m', { needs: { b }, ...more, over: ({ b }) => [b], key: () => 'k', run: outer })
    return p.step('end', { needs: { c, m }, after: [a, b], run: () => end() })
  })
}

/** A run of which everything but its end is recorded, and whose process died. */
async function leftBehind() {
  const { store, age } = agingStore()
  end.mockReset().mockImplementation(() => new Promise(() => undefined))
  const { pipe, kill } = startProcess(store)
  void pipe.run(defined(), undefined, { id: 'run-1' }).catch(() => undefined)
  await vi.waitFor(() => expect(end).toHaveBeenCalled())
  kill()
  age(31_000)
  calls.length = 0
  end.mockResolvedValue('the end')
  return store
}

const messageOf = (was: string) =>
  `Pipeline "p" is not what run "run-1" was recorded with: ${was}. Run it where the definition is as it was, begin anew with \`force\`, or \`fork\` it.`

describe('a step that runs others', () => {
  test.each<[string, Around, string]>([
    ['has another version', { version: '2' }, '"c" was call(a) and is call@2(a); "m" was map(b) and is map@2(b)'],
    ['reads another step', { reads: 'b' }, '"c" was call(a) and is call(b)'],
    ['is of another kind', { as: 'loop' }, '"c" was call(a) and is loop(a)'],
  ])(
    'that %s does not fit what was recorded inside: the run is blocked, and the message names it alone',
    async (_, around, was) => {
      const store = await leftBehind()
      const resumed = startProcess(store).pipe.run(defined(around), undefined, { id: 'run-1' })
      await expect(resumed).rejects.toMatchObject({ code: 'RUN_CHANGED', message: messageOf(was) })
      expect(await runsIn(store).get('run-1')).toMatchObject({ state: 'blocked' })
      expect(calls).toEqual([])
      expect(await startProcess(store).pipe.run(defined(), undefined, { id: 'run-1' })).toBe('the end')
      expect(calls).toEqual([])
    },
  )

  test.each<[string, Around, string[]]>([
    ['is as it was', {}, []],
    ['has another version', { version: '2' }, ['x', 'x', 'y', 'y']],
    ['reads another step', { reads: 'b' }, ['x', 'y']],
    ['is of another kind', { as: 'loop' }, ['x', 'y']],
  ])('that %s: a fork repeats all inside of what was changed, and nothing else', async (_, around, repeated) => {
    const store = await leftBehind()
    await startProcess(store).pipe.run(defined(), undefined, { id: 'run-1' })
    const fork = { run: 'run-1' }
    expect(await startProcess(store).pipe.run(defined(around), undefined, { id: 'run-2', fork })).toBe('the end')
    expect(calls.sort()).toEqual(repeated)
  })
})

describe('what a step reads', () => {
  const reading = (flip: boolean) =>
    pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      const b = p.step('b', { run: () => 2 })
      return p.step('sum', { needs: flip ? { b, a } : { a, b }, run: ({ a, b }) => a + b })
    })

  test('is the same in any order', () => {
    expect(changesIn(signaturesOf(reading(false)), signaturesOf(reading(true)))).toEqual([])
  })
})

describe('how a definition differs from what was recorded', () => {
  const now = new Map([
    ['c', 'call@2(a)'],
    ['c/x', 'call@2(a) > step()'],
    ['d', 'step()'],
  ])

  test.each<[string, readonly (readonly [string, string])[], string[]]>([
    ['not at all', [['c/x', 'call@2(a) > step()']], []],
    [
      'where the outer step differs, that one is named, once',
      [
        ['c/x', 'call(a) > step(z)'],
        ['c/y', 'call(a) > step()'],
      ],
      ['"c" was call(a) and is call@2(a)'],
    ],
    ['where the inner step differs, that one', [['c/x', 'call@2(a) > step(z)']], ['"c/x" was step(z) and is step()']],
    ['where the inner step is gone, that one', [['c/y', 'call@2(a) > step()']], ['"c/y" was step() and is no more']],
    ['where the outer step is gone, that one', [['e[1]/x', 'map(a) > step()']], ['"e" was map(a) and is no more']],
    ['where a step runs others no more, that step', [['d/x', 'call() > step()']], ['"d" was call() and is step()']],
    [
      'a version may have anything in it',
      [['c/x', 'call@ > (a) > step()']],
      ['"c/x" was call@ > (a) > step() and is call@2(a) > step()'],
    ],
  ])('%s', (_, recorded, lines) => {
    expect(changesIn(recorded, now).map(told)).toEqual(lines)
  })
})
