import { type GraphOwner, INPUT, type NodeKind } from './graph.ts'
import type { AnyPipeline } from './pipeline.ts'

/** A step of a plan. */
export interface PlanNode {
  /** Path of the step: `bill`, `bill/charge`. */
  readonly id: string
  readonly kind: NodeKind
  /** Paths of the steps that it reads; `input` names are not among them. */
  readonly needs: readonly string[]
  /** Paths of the steps that come first without being read. */
  readonly after: readonly string[]
  /** Whether it reads the input of its pipeline. */
  readonly readsInput: boolean
  /** Whether it has a condition. */
  readonly conditional: boolean
  readonly optional: boolean
  /** Ids of the services it uses. */
  readonly services: readonly string[]
  /** Names of plugin options it has. */
  readonly options: readonly string[]
  readonly version?: string
  /** `map`: most items at a time. `loop`: most iterations. Absent when there is no limit. */
  readonly limit?: number
  /** The steps inside, for a `call`, a `loop` or a `map` over a pipeline. */
  readonly inner?: Plan
}

/** An edge: `to` starts after `from`. */
export interface PlanEdge {
  readonly from: string
  readonly to: string
  /** `read`: the output goes along it. `order`: it only orders. `failure`: `to` answers to the failure of `from`. */
  readonly kind: 'read' | 'order' | 'failure'
}

/** What a pipeline would do, as plain data. */
export interface Plan {
  readonly pipeline: string
  readonly version?: string
  /** In declaration order. */
  readonly nodes: readonly PlanNode[]
  readonly edges: readonly PlanEdge[]
  /** Steps that could run at the same time if all took equally long. Execution does not wait for waves. */
  readonly waves: readonly (readonly string[])[]
  /** A longest chain of steps: with all steps equally long, what the duration of the run depends on. */
  readonly criticalPath: readonly string[]
  /** Keys that the input must have, when its schema can tell (Standard JSON Schema). */
  readonly inputKeys?: readonly string[]
  /** Ids of the required services, those of inner pipelines too. */
  readonly services: readonly string[]
  /** Output names and the steps they come from; the name is empty when the output is that of one step. */
  readonly outputs: Readonly<Record<string, string>>
  /** What is allowed but may not be meant. */
  readonly warnings: readonly string[]
}

/** Says what a pipeline would do. Runs nothing and needs nothing. */
export function plan(pipeline: AnyPipeline): Plan {
  return planOf(pipeline, '')
}

function planOf({ name, version, graph, input }: GraphOwner, prefix: string): Plan {
  const paths = graph.nodes.map(({ id }) => prefix + id)
  const pathOf = (index: number) => (index === INPUT ? `${prefix}input` : paths[index]!)
  /** The last node so far that reads each. */
  const reader = new Int32Array(paths.length).fill(-1)
  const depth: number[] = []
  const longest: number[] = []
  const services = new Set<string>()
  const edges: PlanEdge[] = []
  const waves: string[][] = []
  // An alternative may fail as far as the scheduler is concerned; nobody said it is optional.
  const alternatives = new Set(graph.nodes.flatMap(({ kind, sources }) => (kind === 'fallback' ? sources : NONE)))
  const nodes = graph.nodes.map((node): PlanNode => {
    const { index, rescues } = node
    const to = paths[index]!
    const needs: string[] = []
    for (const source of node.sources) {
      if (source === INPUT || reader[source] === index) continue
      reader[source] = index
      needs.push(paths[source]!)
    }
    let deepest = -1
    for (const from of node.before) {
      if (deepest < 0 || depth[from]! > depth[deepest]!) deepest = from
      const kind = from === rescues ? 'failure' : reader[from] === index ? 'read' : 'order'
      edges.push({ from: paths[from]!, to, kind })
    }
    longest[index] = deepest
    depth[index] = deepest < 0 ? 0 : depth[deepest]! + 1
    ;(waves[depth[index]] ??= []).push(to)
    const inner = node.inner === undefined ? undefined : planOf(node.inner, `${to}/`)
    const uses = Object.values(node.uses)
    for (const id of uses) services.add(id)
    for (const id of inner?.services ?? NONE) services.add(id)
    const planned: { -readonly [K in keyof PlanNode]: PlanNode[K] } = {
      id: to,
      kind: node.kind,
      needs,
      after: node.after.map(pathOf),
      readsInput: node.sources.includes(INPUT),
      conditional: node.code.when !== undefined,
      optional: node.optional && !alternatives.has(index),
      services: uses,
      options: Object.keys(node.options),
    }
    if (node.version !== undefined) planned.version = node.version
    if (node.limit > 0 && node.limit !== Infinity) planned.limit = node.limit
    if (inner !== undefined) planned.inner = inner
    return planned
  })
  const criticalPath: string[] = []
  for (let i = depth.indexOf(waves.length - 1); i >= 0; i = longest[i]!) criticalPath.push(paths[i]!)
  const { names, sources, single } = graph.output
  const inputKeys = requiredKeys(input)
  return {
    pipeline: name,
    ...(version !== undefined && { version }),
    nodes,
    edges,
    waves,
    criticalPath: criticalPath.reverse(),
    ...(inputKeys !== undefined && { inputKeys }),
    services: [...services],
    outputs: Object.fromEntries(sources.map((source, i) => [single ? '' : (names?.[i] ?? String(i)), pathOf(source)])),
    warnings: nodes.flatMap(warningsOf),
  }
}

const NONE: readonly never[] = []

function warningsOf(node: PlanNode): readonly string[] {
  if (node.kind !== 'map' || node.limit !== undefined) return node.inner?.warnings ?? NONE
  return [
    `Map "${node.id}" starts all of its items at once; give it a \`concurrency\`.`,
    ...(node.inner?.warnings ?? []),
  ]
}

/** What schemas that can describe themselves say (https://standardschema.dev/json-schema). */
function requiredKeys(schema: GraphOwner['input']): readonly string[] | undefined {
  const standard = schema?.['~standard'] as
    { jsonSchema?: { input?: (options: { target: string }) => { required?: unknown } } } | undefined
  try {
    const { required } = standard?.jsonSchema?.input?.({ target: 'draft-2020-12' }) ?? {}
    return Array.isArray(required) ? required.map(String) : undefined
  } catch {
    return undefined // a schema that has no JSON Schema says so by throwing
  }
}
