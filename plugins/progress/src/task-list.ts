import type { MapItem, StepAttempt, StepEnd, StepEvent, StepProgress, StepRetry, StepStart, StepUndo } from '@pipe/core'
import type { Outline, Outlined } from './outline.ts'
import { cutsOf, nameOf } from './path.ts'
import { isSettled, type Task } from './task.ts'
import { noteOfEnd, noteOfProgress, noteOfRetry, noteOfUndo, oneLine } from './words.ts'

/** So many failed items of a map stay in the list; the others are counted. */
const MOST_FAILED = 5

/**
 * What a run has done so far, learnt from its events. Steps that are known beforehand wait in it from the start. Of the
 * items of a map it holds those that run and a few that failed, so it does not grow with them. Each method answers with
 * the task it was about.
 */
export class TaskList {
  /** The steps of the pipeline itself; those of inner pipelines and items are their children. */
  readonly tasks = new Set<Task>()
  readonly #byId = new Map<string, Task>()
  readonly #outline: Outline

  constructor(pipeline: string, outline: Outline) {
    this.#outline = outline
    this.#expect(pipeline, undefined)
  }

  started(event: StepStart): Task | undefined {
    const task = this.#find(event)
    if (task === undefined) return undefined
    this.#empty(task)
    task.status = 'running'
    task.note = ''
    task.startedAt = event.at
    task.durationMs = undefined
    return task
  }

  attempted(event: StepAttempt): Task | undefined {
    const task = this.#find(event)
    if (task === undefined) return undefined
    this.#empty(task) // what is counted is what the last attempt does
    task.status = 'running'
    task.note = `attempt ${event.attempt}`
    return task
  }

  progressed(event: StepProgress): Task | undefined {
    const task = this.#find(event)
    if (task !== undefined && !isSettled(task)) task.note = noteOfProgress(event.value)
    return task
  }

  retried(event: StepRetry): Task | undefined {
    const task = this.#find(event)
    if (task === undefined) return undefined
    task.status = 'retrying'
    task.note = noteOfRetry(event)
    return task
  }

  ended(event: StepEnd): Task | undefined {
    const task = this.#find(event)
    if (task === undefined) return undefined
    settle(task, event)
    for (const child of task.children) if (child.kind === 'item' && child.status !== 'failed') this.#drop(child)
    return task
  }

  /** Answers with the map. */
  itemEnded(event: MapItem): Task | undefined {
    const { mapId, stepId, status, total, pipeline } = event
    const map = this.#find({ pipeline, stepId: mapId })
    if (map === undefined) return undefined
    const items = (map.items ??= { done: 0, failed: 0, total })
    items.total = total
    if (status !== 'cancelled') items.done++
    if (status === 'failed' && ++items.failed <= MOST_FAILED) {
      const item = this.#find(event)
      if (item !== undefined) settle(item, event)
      return map
    }
    const item = this.#byId.get(stepId)
    if (item !== undefined) this.#drop(item)
    return map
  }

  /** Answers with the task around it when the undone one is not in the list any more. */
  undone(event: StepUndo): Task | undefined {
    const { stepId } = event
    const task = this.#byId.get(stepId) ?? this.#around(stepId)
    if (task === undefined) return undefined
    const name = task.id === stepId ? '' : `${oneLine(nameOf(stepId.slice(task.id.length)))} `
    task.note = name + noteOfUndo(event)
    return task
  }

  /** Forgets what never happened: steps of another pipeline that has the same name. */
  close(): void {
    for (const task of this.#byId.values()) if (task.status === 'waiting') this.#drop(task)
  }

  #expect(pipeline: string, parent: Task | undefined): void {
    const prefix = parent === undefined ? '' : `${parent.id}/`
    for (const step of this.#outline.stepsOf(pipeline)) this.#add(prefix + step.id, step.id, step, parent)
  }

  /** The task of an event. Those that are in no outline (items, what is inside them) are added when first heard of. */
  #find({ pipeline, stepId }: Pick<StepEvent, 'pipeline' | 'stepId'>): Task | undefined {
    const known = this.#byId.get(stepId)
    if (known !== undefined) return known
    const parent = this.#around(stepId)
    if (parent === undefined) return this.#add(stepId, stepId, this.#outline.find(pipeline, stepId), undefined)
    if (isSettled(parent)) return undefined // a function that goes on although nobody waits for it
    const rest = stepId.slice(parent.id.length)
    if (rest.startsWith('[')) {
      const [, end = rest.length] = cutsOf(rest)
      const id = parent.id + rest.slice(0, end)
      if (parent.kind === 'loop') this.#empty(parent) // only the round that runs is looked at
      const item = this.#add(id, nameOf(rest.slice(0, end)), undefined, parent)
      return end === rest.length ? item : this.#find({ pipeline, stepId })
    }
    if (parent.kind === 'call' && parent.children.size === 0) this.#expect(pipeline, parent)
    const expected = this.#byId.get(stepId)
    return expected ?? this.#add(stepId, nameOf(rest), this.#outline.find(pipeline, nameOf(rest)), parent)
  }

  #around(id: string): Task | undefined {
    const cut = cutsOf(id).findLast((cut) => this.#byId.has(id.slice(0, cut)))
    return cut === undefined ? undefined : this.#byId.get(id.slice(0, cut))
  }

  #add(id: string, name: string, step: Outlined | undefined, parent: Task | undefined): Task {
    const isItem = id.endsWith(']')
    const task: Task = {
      id,
      name,
      kind: isItem ? 'item' : (step?.kind ?? 'step'),
      optional: step?.optional === true,
      parent,
      children: new Set(),
      status: isItem ? 'running' : 'waiting',
      note: '',
      startedAt: undefined,
      durationMs: undefined,
      items: undefined,
    }
    this.#byId.set(id, task)
    ;(parent?.children ?? this.tasks).add(task)
    return task
  }

  #drop(task: Task): void {
    this.#byId.delete(task.id)
    ;(task.parent?.children ?? this.tasks).delete(task)
    for (const child of task.children) this.#drop(child)
  }

  #empty(task: Task): void {
    for (const child of task.children) this.#drop(child)
    task.items = undefined
  }
}

function settle(task: Task, event: StepEnd): void {
  task.status = event.status
  if (task.startedAt !== undefined || task.kind === 'item') task.durationMs = event.durationMs
  task.note = noteOfEnd(event)
}
