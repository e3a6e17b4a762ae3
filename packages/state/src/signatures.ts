import { type AnyPipeline, type Plan, plan } from '@pipe/core'

/** What the steps of a pipeline are, by the path they have in the plan, as text to compare and to show. */
export type Signatures = ReadonlyMap<string, string>

const known = new WeakMap<AnyPipeline, Signatures>()

/**
 * What every step of a pipeline is and reads: `step(user, orders)`, `map@2(input)`. What its function does is not part
 * of it: give the step another `version` when its meaning changes.
 */
export function signaturesOf(pipeline: AnyPipeline): Signatures {
  let signatures = known.get(pipeline)
  if (signatures === undefined) {
    const found = new Map<string, string>()
    collect(plan(pipeline), found)
    known.set(pipeline, (signatures = found))
  }
  return signatures
}

function collect({ nodes }: Plan, into: Map<string, string>): void {
  for (const { id, kind, needs, version, inner } of nodes) {
    into.set(id, `${kind}${version === undefined ? '' : `@${version}`}(${needs.join(', ')})`)
    if (inner !== undefined) collect(inner, into)
  }
}

/** The path in the plan of a step at `path` in a run: without the keys of items and the numbers of iterations. */
export const planPathOf = (path: string): string => (path.includes('[') ? path.replaceAll(ITEM, '') : path)

const ITEM = /\[(?:\\.|[^\]\\])*\]/gs

/** How the steps that were recorded, path and signature, differ from those there are: a line for each. */
export function differences(recorded: Iterable<readonly [path: string, signature: string]>, now: Signatures): string[] {
  const lines = new Map<string, string>()
  for (const [path, was] of recorded) {
    const id = planPathOf(path)
    const is = now.get(id)
    if (is === was || lines.has(id)) continue
    lines.set(id, is === undefined ? `"${id}" was ${was} and is no more` : `"${id}" was ${was} and is ${is}`)
  }
  return [...lines.values()]
}
