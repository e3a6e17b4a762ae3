import fc from 'fast-check'

/** What a user's function does, as data. */
export interface Work {
  /** Whether its first, second … call throws; the last one holds for all later calls. */
  readonly throws: readonly boolean[]
  /** What it makes of its signal: never looks, looks and goes on, or rejects at once when it aborts. */
  readonly signal: 'ignored' | 'read' | 'heeded'
  /** What its undo does; `null` without one. */
  readonly undo: 'returns' | 'throws' | null
}

interface Common {
  /** Indexes of the nodes it reads, each smaller than its own; reads the input when there are none. */
  readonly needs: readonly number[]
  readonly after: readonly number[]
  /** What its condition answers; `null` without one. */
  readonly when: boolean | null
  readonly optional: boolean
  /** How often it is tried again, and how long after a failure, ms. */
  readonly retries: number
  readonly delay: number
}

interface StepNode extends Common {
  readonly kind: 'step'
  readonly work: Work
}

interface FallbackNode extends Common {
  readonly kind: 'fallback'
  readonly alternatives: readonly Work[]
}

interface SelectNode extends Common {
  readonly kind: 'select'
}

export interface MapNode extends Common {
  readonly kind: 'map'
  /** `async-slow`: each item is waited for like a function; only outside of other pipelines. */
  readonly source: 'array' | 'iterable' | 'async' | 'async-slow'
  readonly items: readonly Work[]
  /** Whether a slow source throws after its last item. */
  readonly breaks: boolean
  readonly limit: number
  readonly optionalItems: boolean
  /** Runs this for each item, instead of the items' works. */
  readonly body: Program | null
}

interface CallNode extends Common {
  readonly kind: 'call'
  readonly body: Program
}

export interface LoopNode extends Common {
  readonly kind: 'loop'
  readonly body: Program
  /** Number of iterations after which it is done. */
  readonly until: number
  readonly max: number
}

export type ProgramNode = StepNode | FallbackNode | SelectNode | MapNode | CallNode | LoopNode

/** A pipeline as data. Node `i` is called `s<i>`; the output is all nodes that no other one waits for. */
export interface Program {
  readonly nodes: readonly ProgramNode[]
}

/** What the programs of a property may have. */
export interface Dialect {
  readonly throws: boolean
  readonly undo: boolean
  readonly retries: boolean
  readonly sources: readonly MapNode['source'][]
  readonly falseConditions: boolean
  /** Whether functions may reject at once when they are told to stop. */
  readonly heeding: boolean
  /** Whether steps may run others. */
  readonly nesting: boolean
}

export const everything: Dialect = {
  throws: true,
  undo: true,
  retries: true,
  sources: ['array', 'iterable', 'async', 'async-slow'],
  falseConditions: true,
  heeding: true,
  nesting: true,
}

/** Random programs, `depth` pipelines deep at most. */
export function programs(dialect: Dialect = everything, depth = 2, most = 8): fc.Arbitrary<Program> {
  return fc
    .array(nodes(dialect, depth), { minLength: 1, maxLength: most })
    .map((list) => ({ nodes: list.map(withinReach) }))
}

/** Indexes may be any number until the position of the node is known. */
function withinReach(node: ProgramNode, index: number): ProgramNode {
  const refer = (list: readonly number[]) => (index === 0 ? [] : [...new Set(list.map((n) => n % index))])
  const needs = refer(node.needs)
  const after = refer(node.after).filter((i) => !needs.includes(i))
  if (node.kind === 'map') return { ...node, needs, after, items: alike(node.items) }
  if (node.kind !== 'select') return { ...node, needs, after }
  // A select must select from something, and has no options; the first node cannot be one.
  return needs.length === 0
    ? startingWith(quick)
    : { ...node, needs, after: [], when: null, optional: false, retries: 0 }
}

/** A map has an undo for all of its items, or for none. */
function alike(items: readonly Work[]): readonly Work[] {
  return items.map((work) => ({ ...work, undo: items[0]!.undo === null ? null : (work.undo ?? 'returns') }))
}

const quick: Work = { throws: [false], signal: 'ignored', undo: null }

function nodes(dialect: Dialect, depth: number): fc.Arbitrary<ProgramNode> {
  const { throws, undo, retries, sources, falseConditions, heeding, nesting } = dialect
  const work = fc.record<Work>({
    throws: fc.array(throws ? fc.nat(4).map((n) => n === 4) : fc.constant(false), { minLength: 1, maxLength: 3 }),
    signal: fc.constantFrom('ignored', 'read', ...(heeding ? (['heeded'] as const) : [])),
    undo: undo ? fc.constantFrom(null, null, 'returns', 'throws') : fc.constant(null),
  })
  const common = {
    needs: fc.array(fc.nat(20), { maxLength: 3 }),
    after: fc.array(fc.nat(20), { maxLength: 1 }),
    when: fc.constantFrom(null, null, null, true, !falseConditions),
    optional: throws ? fc.nat(3).map((n) => n === 3) : fc.constant(false),
    retries: retries ? fc.constantFrom(0, 0, 1, 2) : fc.constant(0),
    delay: fc.constantFrom(0, 10, 25),
  }
  const step = fc.record<StepNode>({ ...common, kind: fc.constant('step'), work })
  const alternatives = fc.array(work, { minLength: 1, maxLength: 3 })
  const fallback = fc.record<FallbackNode>({ ...common, kind: fc.constant('fallback'), alternatives })
  const select = fc.record<SelectNode>({ ...common, kind: fc.constant('select') })
  const map = (body: fc.Arbitrary<Program | null>) =>
    fc.record<MapNode>({
      ...common,
      kind: fc.constant('map'),
      source: fc.constantFrom(...sources.filter((source) => depth === 2 || source !== 'async-slow')),
      items: fc.array(work, { maxLength: 4 }),
      breaks: fc.nat(5).map((n) => n === 5),
      limit: fc.constantFrom(1, 2, Infinity),
      optionalItems: throws ? fc.boolean() : fc.constant(false),
      body,
    })
  const single = [
    { weight: 8, arbitrary: step },
    { weight: 1, arbitrary: fallback },
    { weight: 1, arbitrary: select },
  ]
  if (!nesting) return fc.oneof(...single)
  const flat = [...single, { weight: 2, arbitrary: map(fc.constant(null)) }]
  if (depth === 0) return fc.oneof(...flat)
  const body = programs(dialect, depth - 1, 4)
  const loop = fc.record<LoopNode>({
    ...common,
    kind: fc.constant('loop'),
    // Something always runs in a body, so that no loop turns without a pause.
    body: fc.tuple(work, body).map(([first, { nodes: others }]) => ({ nodes: [startingWith(first), ...others] })),
    until: fc.integer({ min: 1, max: 3 }),
    max: throws ? fc.integer({ min: 1, max: 3 }) : fc.constant(3),
  })
  const call = fc.record<CallNode>({ ...common, kind: fc.constant('call'), body })
  return fc.oneof(
    ...flat,
    { weight: 2, arbitrary: call },
    { weight: 1, arbitrary: loop },
    { weight: 1, arbitrary: map(body) },
  )
}

function startingWith(work: Work): StepNode {
  return { kind: 'step', needs: [], after: [], when: null, optional: false, retries: 0, delay: 0, work }
}

/** The nodes that no other one waits for: together they are the output. */
export function sinksOf({ nodes: list }: Program): readonly number[] {
  const awaited = new Set(list.flatMap(({ needs, after }) => [...needs, ...after]))
  return [...list.keys()].filter((i) => !awaited.has(i))
}

/** A short name of a value, so that what flows along the edges can be compared. */
export function digest(value: unknown): number {
  let hash = 7
  for (const character of JSON.stringify([value])) hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003
  return hash
}
