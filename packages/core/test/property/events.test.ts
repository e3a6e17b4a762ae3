import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Played, play, type Setting } from './support/play.ts'
import { everything, type Program, programs } from './support/program.ts'
import { cases, patiently } from './support/runs.ts'
import { check } from './support/same.ts'
import { placeOf, type Traced, tracing } from './support/trace.ts'

const decisions = fc.array(fc.nat(1_000), { maxLength: 60 })
const settings = fc.record<Setting>({
  failure: fc.constantFrom('fail-fast', 'continue'),
  concurrency: fc.constant(Infinity),
})
/** Without retries, each step has its events once. */
const once = programs({ ...everything, retries: false })

/** Plays the same twice: `also` is what the observers do the second time. */
async function twice(program: Program, setting: Setting, choices: readonly number[], also: () => unknown) {
  const traces: readonly Traced[][] = [[], []]
  const played: Played[] = []
  for (const [i, trace] of traces.entries()) {
    const plugins = [tracing(trace, i === 0 ? undefined : also)]
    played.push(await play(program, { ...setting, plugins }, choices))
  }
  expect(traces[1]).toEqual(traces[0])
  expect(played[1]!.log).toEqual(played[0]!.log)
  expect(textOf(played[1]!)).toBe(textOf(played[0]!))
}

/** A result as text, without stacks: engines write the same one differently once they have optimised a function. */
const textOf = ({ result }: Played) =>
  JSON.stringify(result, (key, value: unknown) => (key === 'stack' ? undefined : value))

describe('the events of a run', patiently, () => {
  test('are the same, in the same order and at the same times, whenever the same happens', async () => {
    const property = fc.asyncProperty(programs(), settings, decisions, (program, setting, choices) =>
      twice(program, { ...setting, control: true }, choices, () => undefined),
    )
    await fc.assert(property, cases(100))
  })

  test('are the same, and so is the result, when observers throw or reject', async () => {
    const property = fc.asyncProperty(programs(), settings, decisions, (program, setting, choices) => {
      let calls = 0
      return twice(program, { ...setting, control: true }, choices, () => {
        if (calls++ % 2 === 0) throw new Error('observer')
        return calls % 3 === 0 ? Promise.reject(new Error('observer')) : undefined
      })
    })
    await fc.assert(property, cases(100))
  })

  test('tell each start once, after all that the step waits for, and in declaration order among those that are ready', async () => {
    const property = fc.asyncProperty(once, settings, decisions, async (program, setting, choices) => {
      const trace: Traced[] = []
      await play(program, { ...setting, plugins: [tracing(trace)] }, choices)
      const started = new Set<string>()
      const ended = new Set<string>()
      for (const { what, path } of trace) {
        if (what === 'step:end') ended.add(path)
        if (what !== 'step:start') continue
        check(!started.has(path) && !ended.has(path), () => `${path} started twice, or after its end.`)
        started.add(path)
        const { node, index, siblings } = placeOf(program, path)!
        const pathOf = (i: number) => siblings[i]!.path
        for (const i of node.waitsFor) check(ended.has(pathOf(i)), () => `${path} started before ${pathOf(i)} ended.`)
        const overtaken = siblings.slice(0, index).find((other) => {
          if (started.has(other.path) || ended.has(other.path) || other.node.rescues >= 0) return false
          return other.node.waitsFor.every((i) => ended.has(pathOf(i)))
        })
        check(overtaken === undefined, () => `${path} started before ${overtaken!.path}, which was ready.`)
      }
    })
    await fc.assert(property, cases(300))
  })

  test('tell each end once, and what the result says', async () => {
    const property = fc.asyncProperty(once, settings, decisions, async (program, setting, choices) => {
      const trace: Traced[] = []
      const { result } = await play(program, { ...setting, control: true, plugins: [tracing(trace)] }, choices)
      const ends = trace.filter(({ what }) => what === 'step:end' || what === 'map:item')
      const told = ends.map(({ path, status }) => [path, status] as const)
      expect(new Set(told.map(([path]) => path)).size).toBe(told.length)
      const expected = Object.entries(result.steps).map(([path, { status }]) => [path, status])
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected))
      const undone = trace.filter(({ what }) => what === 'step:undo').map(({ path }) => path)
      const recorded = Object.entries(result.steps).flatMap(([path, { undo }]) => (undo === undefined ? [] : [path]))
      expect(undone.sort()).toEqual(recorded.sort())
      expect(trace[0]).toMatchObject({ what: 'run:start' })
      expect(trace.at(-1)).toMatchObject({ what: 'run:end', status: result.status })
      expect(trace.filter(({ what }) => what === 'run:start' || what === 'run:end')).toHaveLength(2)
    })
    await fc.assert(property, cases(300))
  })

  test('tell of each attempt that is tried again', async () => {
    const flat = programs(everything, 0)
    const property = fc.asyncProperty(flat, settings, decisions, async (program, setting, choices) => {
      const trace: Traced[] = []
      const played = await play(program, { ...setting, aborts: true, plugins: [tracing(trace)] }, choices)
      const retries = trace.filter(({ what }) => what === 'step:retry')
      for (const [path, { attempts, status }] of Object.entries(played.result.steps)) {
        const told = retries.filter((event) => event.path === path).length
        // One that was stopped while it waited was told of an attempt that never started.
        const more = status === 'cancelled' && told > 0 && told === attempts ? 1 : 0
        expect([path, told]).toEqual([path, Math.max(0, attempts - 1) + more])
      }
    })
    await fc.assert(property, cases(200))
  })
})
