import { idOf, type AnyHandle, plan } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { define } from '../support/untyped.ts'
import { dag } from './support/dag.ts'
import { cases, patiently } from './support/runs.ts'

/** A pipeline of the graph, some edges `needs`, some `after`; its output is all of its steps. */
function pipelineOf(before: readonly (readonly number[])[], reads: (from: number, to: number) => boolean) {
  return define((p, input) => {
    const handles: AnyHandle[] = []
    before.forEach((list, i) => {
      const read = list.filter((j) => reads(j, i))
      const needs = read.length === 0 ? { input } : Object.fromEntries(read.map((j) => [`n${j}`, handles[j]!]))
      const after = list.filter((j) => !reads(j, i)).map((j) => handles[j]!)
      handles.push(p.step(`s${i}`, { needs, after, run: () => i }))
    })
    return Object.fromEntries(handles.map((handle) => [idOf(handle), handle]))
  })
}

const graphs = fc.tuple(dag(40), fc.nat(6)).map(([before, salt]) => ({
  before,
  pipeline: pipelineOf(before, (from, to) => (from * 7 + to + salt) % 3 !== 0),
}))

const indexOf = (id: string) => Number(id.slice(1))

describe('a plan', patiently, () => {
  test('has every step, and an edge for each step that another one waits for', () => {
    fc.assert(
      fc.property(graphs, ({ before, pipeline }) => {
        const { nodes, edges } = plan(pipeline)
        expect(nodes.map(({ id }) => id)).toEqual(before.map((_, i) => `s${i}`))
        const found = before.map((_, i) => edges.filter(({ to }) => to === `s${i}`).map(({ from }) => indexOf(from)))
        expect(found).toEqual(before)
        for (const { id, needs, after } of nodes) {
          const all = [...needs, ...after].map(indexOf).sort((a, b) => a - b)
          expect(all).toEqual(before[indexOf(id)])
        }
      }),
      cases(100),
    )
  })

  test('has each step in one wave, the one after the last of those it waits for', () => {
    fc.assert(
      fc.property(graphs, ({ before, pipeline }) => {
        const wave = new Map(plan(pipeline).waves.flatMap((ids, i) => ids.map((id) => [indexOf(id), i] as const)))
        expect(wave.size).toBe(before.length)
        before.forEach((list, i) => {
          expect(wave.get(i)).toBe(list.length === 0 ? 0 : 1 + Math.max(...list.map((j) => wave.get(j)!)))
        })
        for (const ids of plan(pipeline).waves) {
          expect(ids).toEqual([...ids].sort((a, b) => indexOf(a) - indexOf(b)))
        }
      }),
      cases(100),
    )
  })

  test('has a critical path that is a chain, and none is longer', () => {
    fc.assert(
      fc.property(graphs, ({ before, pipeline }) => {
        const path = plan(pipeline).criticalPath.map(indexOf)
        path.slice(1).forEach((node, i) => expect(before[node]).toContain(path[i]))
        const longest = (node: number): number => 1 + Math.max(0, ...before[node]!.map((i) => lengths[i]!))
        const lengths: number[] = []
        before.forEach((_, i) => lengths.push(longest(i)))
        expect(path).toHaveLength(Math.max(...lengths))
      }),
      cases(100),
    )
  })

  test('is plain data', () => {
    fc.assert(
      fc.property(graphs, ({ pipeline }) => {
        const made = plan(pipeline)
        expect(JSON.parse(JSON.stringify(made))).toEqual(made)
      }),
      cases(50),
    )
  })
})
