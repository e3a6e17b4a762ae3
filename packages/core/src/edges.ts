import { type GraphNode, INPUT } from './graph.ts'

/** The `before` of a node with these edges: `sources` itself when there is nothing to add, to drop or to sort. */
export function beforeOf(sources: readonly number[], after: readonly number[], rescues: number): readonly number[] {
  if (after.length === 0 && rescues < 0 && sources.every(follows)) return sources
  const all = sources.slice()
  for (const index of after) all.push(index)
  if (rescues >= 0) all.push(rescues)
  sort(all)
  return all.every(follows) ? all : all.filter(follows)
}

/** Whether an index is larger than the one before it, and no {@link INPUT}. */
const follows = (index: number, i: number, list: readonly number[]) => index > (i === 0 ? INPUT : list[i - 1]!)

/** Most lists are short, and a short one is sorted by insertion in a tenth of the time. */
function sort(list: number[]): void {
  if (list.length > 16) list.sort((a, b) => a - b)
  else
    for (let i = 1; i < list.length; i++) {
      const index = list[i]!
      let at = i
      for (; at > 0 && list[at - 1]! > index; at--) list[at] = list[at - 1]!
      list[at] = index
    }
}

/** The nodes from which no edges lead to any of `outputs`. */
export function lostNodes(nodes: readonly GraphNode[], outputs: readonly number[]): readonly GraphNode[] {
  const reached = new Set(outputs)
  for (const { index, before } of nodes.toReversed()) {
    if (reached.has(index)) for (const from of before) reached.add(from)
  }
  return nodes.filter(({ index }) => !reached.has(index))
}
