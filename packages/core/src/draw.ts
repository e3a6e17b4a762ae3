import { isRecord } from './definition-check.ts'
import { PipelineError } from './errors.ts'
import type { Plan, PlanNode } from './plan.ts'

/** Shapes of Mermaid and of Graphviz by kind; the label goes in between. */
const SHAPES: Readonly<Record<PlanNode['kind'], readonly [open: string, close: string, dot: string]>> = {
  step: ['[', ']', 'box'],
  map: ['[[', ']]', 'box3d'],
  call: ['[[', ']]', 'component'],
  loop: ['([', '])', 'ellipse'],
  select: ['{', '}', 'diamond'],
  fallback: ['{', '}', 'diamond'],
}

/** The numbers of the nodes of a plan. Throws `DEFINITION_INVALID` for anything but a plan. */
function idsOf(plan: unknown): ReadonlyMap<string, string> {
  if (isRecord(plan) && Array.isArray(plan['nodes'])) return numbered(plan as unknown as Plan)
  throw new PipelineError('DEFINITION_INVALID', 'Expected a plan: draw what `plan(pipeline)` returns.')
}

/** Every node of a plan and of the plans inside, with a number: ids of users are not ids of drawing languages. */
function numbered(plan: Plan, ids = new Map<string, string>()): Map<string, string> {
  for (const node of plan.nodes) {
    ids.set(node.id, `n${ids.size}`)
    if (node.inner !== undefined) numbered(node.inner, ids)
  }
  return ids
}

function labelOf({ id, conditional, optional, kind, limit }: PlanNode): string {
  const marks = [
    conditional && 'when',
    optional && 'optional',
    kind !== 'step' && kind,
    limit !== undefined && `max ${limit}`,
  ]
  const noted = marks.filter((mark) => mark !== false)
  return noted.length === 0 ? id : `${id} (${noted.join(', ')})`
}

/**
 * The plan as a Mermaid flowchart, for Markdown and documentation. Inner pipelines are subgraphs.
 *
 * @throws PipelineError `DEFINITION_INVALID` for anything but a plan
 */
export function toMermaid(plan: Plan): string {
  const ids = idsOf(plan)
  const quote = (text: string) => `"${text.replaceAll('#', '#35;').replaceAll('"', '#quot;')}"`
  const arrows = { read: '-->', order: '-.->', failure: '-. failed .->' }
  const draw = ({ nodes, edges }: Plan, indent: string): string[] => [
    ...nodes.flatMap((node) => {
      const id = ids.get(node.id)!
      const [open, close] = SHAPES[node.kind]
      if (node.inner === undefined) return [`${indent}${id}${open}${quote(labelOf(node))}${close}`]
      return [`${indent}subgraph ${id}[${quote(labelOf(node))}]`, ...draw(node.inner, `${indent}  `), `${indent}end`]
    }),
    ...edges.map(({ from, to, kind }) => `${indent}${ids.get(from)!} ${arrows[kind]} ${ids.get(to)!}`),
  ]
  return ['flowchart TD', ...draw(plan, '  ')].join('\n') + '\n'
}

/**
 * The plan in the DOT language of Graphviz. Inner pipelines are clusters.
 *
 * @throws PipelineError `DEFINITION_INVALID` for anything but a plan
 */
export function toDot(plan: Plan): string {
  const ids = idsOf(plan)
  const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const styles = { read: '', order: ' [style=dashed]', failure: ' [style=dashed, label="failed"]' }
  const draw = ({ nodes, edges }: Plan, indent: string): string[] => [
    ...nodes.flatMap((node) => {
      const id = ids.get(node.id)!
      const own = `${indent}${id} [label=${quote(labelOf(node))}, shape=${SHAPES[node.kind][2]}]`
      if (node.inner === undefined) return [own]
      return [
        `${indent}subgraph cluster_${id} {`,
        own.replace(indent, `${indent}  `),
        ...draw(node.inner, `${indent}  `),
        `${indent}}`,
      ]
    }),
    ...edges.map(({ from, to, kind }) => `${indent}${ids.get(from)!} -> ${ids.get(to)!}${styles[kind]}`),
  ]
  return [`digraph ${quote(plan.pipeline)} {`, ...draw(plan, '  '), '}'].join('\n') + '\n'
}
