import type { MapItem, StepEvent } from '@pipe/core'
import type { ShownRun } from './shown-run.ts'
import type { Task } from './task.ts'

/** What has happened to a task. */
export type News = 'started' | 'attempted' | 'progressed' | 'retried' | 'ended'

/** A way to show runs. It is told what it wants to know; the runs themselves know what has become of them. */
export interface View {
  began?(run: ShownRun): void
  told?(run: ShownRun, task: Task, news: News, event: StepEvent): void
  itemEnded?(run: ShownRun, map: Task, event: MapItem): void
  /** @param task the undone one, or the one around it. @param note what there is to say */
  undone?(run: ShownRun, task: Task, event: StepEvent, note: string): void
  ended?(run: ShownRun): void
}
