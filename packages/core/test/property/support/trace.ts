import type { Hooks, Plugin } from '@pipe/core'
import { lower, type LoweredNode } from './lower.ts'
import type { Program } from './program.ts'

/** An event of a step, in words. */
export interface Traced {
  readonly what: keyof Hooks
  /** Path of the step; empty for events of the run. */
  readonly path: string
  readonly status: string
  readonly at: number
}

const names: readonly (keyof Hooks)[] = [
  'run:start',
  'run:pause',
  'run:resume',
  'run:end',
  'step:start',
  'step:retry',
  'step:progress',
  'step:end',
  'step:undo',
  'map:item',
]

interface AnyEvent {
  readonly at: number
  readonly stepId?: string
  readonly status?: string
}

/** A plugin whose hooks note every event in `trace`, and then do `also`. */
export function tracing(trace: Traced[], also: () => unknown = () => undefined): Plugin {
  const note = (what: keyof Hooks) => (event: AnyEvent) => {
    trace.push({ what, path: event.stepId ?? '', status: event.status ?? '', at: event.at })
    return also()
  }
  return { name: 'tracing', hooks: Object.fromEntries(names.map((name) => [name, note(name)])) }
}

/** A step of a program, with the paths of the others of its graph. */
export interface Placed {
  readonly node: LoweredNode
  readonly index: number
  readonly siblings: readonly { readonly path: string; readonly node: LoweredNode }[]
}

/** Where in a program a path leads; `null` for an item of a map. */
export function placeOf(program: Program, path: string, prefix = ''): Placed | null {
  const { nodes } = lower(program)
  const rest = path.slice(prefix.length)
  const index = nodes.findIndex(({ id }) => id === rest)
  if (index >= 0) {
    return { node: nodes[index]!, index, siblings: nodes.map((node) => ({ path: prefix + node.id, node })) }
  }
  for (const { id, of } of nodes) {
    const inside = new RegExp(`^${id}(\\[\\w+\\])?/`).exec(rest)
    if (inside !== null && 'body' in of && of.body !== null) return placeOf(of.body, path, prefix + inside[0])
  }
  return null
}
