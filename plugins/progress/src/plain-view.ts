import type { MapItem, StepEvent } from '@pipe/core'
import { Look } from './look.ts'
import type { ShownRun } from './shown-run.ts'
import { depthOf, type Task } from './task.ts'
import { taskLine } from './task-line.ts'
import type { News, View } from './view.ts'
import { noteOfEnd, oneLine } from './words.ts'

/** Of the items of a map so many have a line, and so many of what went wrong in them. */
const MOST = 100
/** Milliseconds between two lines that say how far something is. */
const PACE = 10_000

interface Told {
  items: number
  troubles: number
}

/** Writes a line when something has happened to a task, for pipes, files and CI: no line is ever changed. */
export class PlainView implements View {
  readonly #stream: NodeJS.WritableStream
  readonly #look: Look
  /** How much was told of what is inside a map or loop. */
  readonly #inside = new WeakMap<Task, Told>()
  /** When the last line about a task was written, epoch ms. */
  readonly #toldAt = new WeakMap<Task, number>()

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    this.#look = new Look(stream)
  }

  told(run: ShownRun, task: Task, news: News, { at }: StepEvent): void {
    const outer = aroundItemOf(task)
    const isTrouble = news === 'retried' || task.status === 'failed'
    if (outer !== undefined) {
      if (isTrouble && this.#toldOf(outer).troubles++ < MOST) this.#tell(run, task, at)
      else this.#pulse(run, outer, at)
    } else if (isTrouble || news === 'ended') this.#tell(run, task, at)
    else if (news === 'started') this.#begin(run, task, at)
    else this.#pulse(run, task, at)
  }

  itemEnded(run: ShownRun, map: Task, event: MapItem): void {
    const told = this.#toldOf(map)
    const { status, durationMs, stepId, at } = event
    const outer = aroundItemOf(map)
    if (status === 'failed' ? told.troubles++ < MOST : outer === undefined && told.items++ < MOST) {
      const item = {
        status,
        durationMs,
        note: noteOfEnd(event),
        kind: 'item',
        optional: false,
        items: undefined,
      } as const
      this.#write(run, depthOf(map) + 1, taskLine(item, oneLine(stepId), this.#look))
    } else this.#pulse(run, outer ?? map, at)
  }

  undone(run: ShownRun, task: Task, { stepId, at }: StepEvent, note: string): void {
    const outer = task.id === stepId ? aroundItemOf(task) : task
    if (outer !== undefined && this.#toldOf(outer).troubles++ >= MOST) return this.#pulse(run, outer, at)
    const depth = depthOf(task) + (task.id === stepId ? 0 : 1)
    this.#write(run, depth, [this.#look.undone, oneLine(stepId), this.#look.paint('yellow', note)].join(' '))
  }

  /** What runs other steps says when it begins; the others would only say so twice. */
  #begin(run: ShownRun, task: Task, at: number): void {
    const { kind } = task
    if (kind === 'map' || kind === 'call' || kind === 'loop') this.#tell(run, task, at)
    else this.#toldAt.set(task, at)
  }

  /** Says now and then how far something is, and how long it has taken. */
  #pulse(run: ShownRun, task: Task, at: number): void {
    const last = this.#toldAt.get(task)
    if (last === undefined) this.#toldAt.set(task, at)
    else if (at - last >= PACE) this.#tell(run, task, at, at)
  }

  /** @param now epoch ms, for what still runs. Default: how long it has taken is not told */
  #tell(run: ShownRun, task: Task, at: number, now?: number): void {
    this.#toldAt.set(task, at)
    this.#write(run, depthOf(task), taskLine(task, oneLine(task.id), this.#look, now))
  }

  #write({ hasCompany, label }: ShownRun, depth: number, line: string): void {
    this.#stream.write(`${hasCompany ? `${label}: ` : ''}${'  '.repeat(depth)}${line}\n`)
  }

  #toldOf(outer: Task): Told {
    const told = this.#inside.get(outer) ?? { items: 0, troubles: 0 }
    this.#inside.set(outer, told)
    return told
  }
}

/** The outermost map or loop that a task is inside of, as or in an item. */
function aroundItemOf({ kind, parent }: Task): Task | undefined {
  if (parent === undefined) return undefined
  return aroundItemOf(parent) ?? (kind === 'item' ? parent : undefined)
}
