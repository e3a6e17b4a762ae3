import { type Program, type ProgramNode, sinksOf, type Work } from './program.ts'

/** A step as the result shows it: a fallback is its alternatives, and a step that chooses between them. */
export interface LoweredNode {
  readonly id: string
  readonly of: ProgramNode
  readonly work: Work | null
  readonly when: boolean | null
  readonly optional: boolean
  /** What it reads, by index; the input when there is nothing. */
  readonly reads: readonly number[]
  /** All that must have settled before it starts. */
  readonly waitsFor: readonly number[]
  /** The alternative whose failure it answers to, or -1. */
  readonly rescues: number
  /** Whether it only chooses between what it reads. */
  readonly chooses: 'select' | 'fallback' | null
}

export interface LoweredProgram {
  readonly nodes: readonly LoweredNode[]
  readonly outputs: readonly number[]
}

const known = new WeakMap<Program, LoweredProgram>()

export function lower(program: Program): LoweredProgram {
  const before = known.get(program)
  if (before !== undefined) return before
  const nodes: LoweredNode[] = []
  const at: number[] = []
  const place = (list: readonly number[]) => list.map((i) => at[i]!)
  program.nodes.forEach((of, i) => {
    const id = `s${i}`
    const reads = place(of.needs)
    const waitsFor = [...reads, ...place(of.after)]
    const plain = { of, reads, waitsFor, rescues: -1, when: of.when, optional: of.optional, work: null, chooses: null }
    if (of.kind === 'fallback') {
      const first = nodes.length
      of.alternatives.forEach((work, j) => {
        const own = { ...plain, id: `${id}/a${j}`, work, optional: true }
        if (j === 0) nodes.push(own)
        else nodes.push({ ...own, when: null, rescues: nodes.length - 1, waitsFor: [...waitsFor, nodes.length - 1] })
      })
      const tried = of.alternatives.map((_, j) => first + j)
      nodes.push({ ...plain, id, when: null, reads: tried, waitsFor: tried, chooses: 'fallback' })
    } else if (of.kind === 'select') nodes.push({ ...plain, id, chooses: 'select' })
    else nodes.push({ ...plain, id, work: of.kind === 'step' ? of.work : null })
    at[i] = nodes.length - 1
  })
  const lowered = { nodes, outputs: place(sinksOf(program)) }
  known.set(program, lowered)
  return lowered
}
