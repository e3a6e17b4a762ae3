import { type AnyPipeline, type Plan, plan } from '@pipe/core'

/** What the steps of a pipeline are, by the path they have in the plan, as text to compare and to show. */
export type Signatures = ReadonlyMap<string, string>

const known = new WeakMap<AnyPipeline, Signatures>()

/**
 * What every step of a pipeline is and reads, after what it is inside of: `map@2(rows) > step(orders, user)`. In which order
 * it reads is not part of it, nor what its function does: give the step another `version` when its meaning changes.
 */
export function signaturesOf(pipeline: AnyPipeline): Signatures {
  let signatures = known.get(pipeline)
  if (signatures === undefined) {
    const found = new Map<string, string>()
    collect(plan(pipeline), '', found)
    known.set(pipeline, (signatures = found))
  }
  return signatures
}

/** Stands between what a step is inside of and the step. */
const INSIDE = ' > '

function collect({ nodes }: Plan, outer: string, into: Map<string, string>): void {
  for (const { id, kind, needs, version, inner } of nodes) {
    const at = version === undefined ? '' : `@${version}`
    const signature = `${outer}${kind}${at}(${[...needs].sort().join(', ')})`
    into.set(id, signature)
    if (inner !== undefined) collect(inner, `${signature}${INSIDE}`, into)
  }
}

/** The path in the plan of a step at `path` in a run: without the keys of items and the numbers of iterations. */
export const planPathOf = (path: string): string => (path.includes('[') ? path.replaceAll(ITEM, '') : path)

const ITEM = /\[(?:\\.|[^\]\\])*\]/gs

/** How a step differs from what was recorded. */
export interface Change {
  /** Path in the plan of the outermost step that does: the step itself, or what it is inside of. */
  readonly path: string
  readonly was: string
  /** `undefined` when it is no more. */
  readonly is: string | undefined
}

/** How the step at `path` in the plan, or what it is inside of, differs from the signature that was recorded of it. */
export function changeOf(path: string, recorded: string, now: Signatures): Change | undefined {
  if (now.get(path) === recorded) return undefined
  const ids = path.split('/')
  const parts = recorded.split(INSIDE)
  // A version may have anything in it.
  if (parts.length !== ids.length) return { path, was: recorded, is: now.get(path) }
  const outerAt = (depth: number) => ids.slice(0, depth).join('/')
  let depth = 1
  while (depth < ids.length && now.get(outerAt(depth)) === parts.slice(0, depth).join(INSIDE)) depth++
  const outermost = outerAt(depth)
  return { path: outermost, was: parts[depth - 1]!, is: now.get(outermost)?.split(INSIDE).at(-1) }
}

/** How the steps that were recorded, path and signature, differ from those there are: each change once, but for what is inside. */
export function changesIn(recorded: Iterable<readonly [path: string, signature: string]>, now: Signatures): Change[] {
  const changes = new Map<string, Change>()
  for (const [path, signature] of recorded) {
    const change = changeOf(planPathOf(path), signature, now)
    if (change !== undefined) changes.set(change.path, change)
  }
  return [...changes.values()]
}

/** A change in words. */
export const told = ({ path, was, is }: Change): string => `"${path}" was ${was} and is ${is ?? 'no more'}`
