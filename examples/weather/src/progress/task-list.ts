import { type MapItem, messageOf, type PipeEvent, type Plan, type PlanNode, type StepEnd } from '@pipe/core'
import prettyMs from 'pretty-ms'
import type { Task } from './task.ts'

/** What a run has done so far, learnt from its events. Steps that are known beforehand wait in it from the start. */
export class TaskList {
  /** The steps of the pipeline itself; those of inner pipelines and items are their children. */
  readonly tasks: Task[] = []
  readonly #byId = new Map<string, Task>()

  constructor(plan: Plan) {
    for (const node of plan.nodes) this.#expect(node)
  }

  /** Learns what happened, and answers with the task it happened to, if it was one. */
  update(event: PipeEvent): Task | undefined {
    if (!('stepId' in event)) return undefined
    const task = this.#find(event.stepId)
    switch (event.type) {
      case 'step:start':
        task.status = 'running'
        task.startedAt = event.at
        break
      case 'step:attempt':
        task.status = 'running'
        task.note = `attempt ${event.attempt}`
        break
      case 'step:progress':
        task.note = String(event.value)
        break
      case 'step:retry':
        task.status = 'retrying'
        task.note = `attempt ${event.attempt} failed: ${firstLineOf(event.error)}; again in ${prettyMs(event.delayMs)}`
        break
      case 'step:undo':
        task.note = event.error === undefined ? 'undone' : `could not be undone: ${firstLineOf(event.error)}`
        break
      case 'step:end':
        settle(task, event)
        break
      case 'map:item':
        settle(task, event)
        this.#count(event)
        break
    }
    return task
  }

  #count({ mapId, status, total }: MapItem): void {
    const map = this.#find(mapId)
    if (status !== 'cancelled') map.items += 1
    map.total = total
  }

  #expect(node: PlanNode, parent?: Task): void {
    const name = parent === undefined ? node.id : node.id.slice(parent.id.length + 1)
    const task = this.#add(
      { id: node.id, name, kind: 'step', isParent: node.inner !== undefined || node.kind === 'map' },
      parent,
    )
    if (node.kind === 'call') for (const inner of node.inner?.nodes ?? []) this.#expect(inner, task)
  }

  /** The task of a path. Items, and the steps inside of them, are in no plan: they are added when first heard of. */
  #find(id: string): Task {
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    const isItem = id.endsWith(']')
    const cut = id.lastIndexOf(isItem ? '[' : '/')
    const name = isItem ? id.slice(cut + 1, -1) : id.slice(cut + 1)
    return this.#add({ id, name, kind: isItem ? 'item' : 'step', isParent: isItem }, this.#find(id.slice(0, cut)))
  }

  #add(what: Pick<Task, 'id' | 'name' | 'kind' | 'isParent'>, parent: Task | undefined): Task {
    const task: Task = {
      ...what,
      depth: parent === undefined ? 0 : parent.depth + 1,
      children: [],
      status: what.kind === 'item' ? 'running' : 'waiting',
      note: '',
      startedAt: undefined,
      durationMs: undefined,
      items: 0,
      total: undefined,
    }
    this.#byId.set(task.id, task)
    ;(parent?.children ?? this.tasks).push(task)
    return task
  }
}

/** Reasons in the words of people. */
const reasons: Readonly<Record<string, string>> = {
  condition: 'its condition does not hold',
  'upstream-failed': 'a step before it failed',
}

function settle(task: Task, { status, attempts, durationMs, reason, error }: StepEnd | MapItem): void {
  task.status = status
  if (task.startedAt !== undefined || task.kind === 'item') task.durationMs = durationMs
  if (status === 'failed') task.note = firstLineOf(error)
  else if (status === 'skipped') task.note = reasons[reason ?? ''] ?? reason ?? ''
  else if (status === 'cancelled') task.note = 'cancelled'
  else task.note = attempts > 1 ? `after ${attempts} attempts` : ''
}

const firstLineOf = (error: unknown) => messageOf(error).split('\n', 1).join('')
