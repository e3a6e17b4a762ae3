import type { NodeKind, StepStatus } from '@pipe/core'

/** How many items of a map are done with, well or not; and how many there are, when that is known. */
export interface ItemCounts {
  done: number
  failed: number
  total: number | undefined
}

/** A line of the task list: a step, or an item of a map or round of a loop. */
export interface Task {
  /** Path in the run: `publish/page`, `months[January]`. */
  readonly id: string
  /** What its path adds to that of the task around it, as it is: in a key there may be anything. */
  readonly name: string
  readonly kind: NodeKind | 'item'
  /** Whether the run goes on when it fails. */
  readonly optional: boolean
  readonly parent: Task | undefined
  readonly children: Set<Task>
  status: 'waiting' | 'running' | 'retrying' | StepStatus
  /** What there is to say about it: how far it is, why it was skipped, why an attempt failed. */
  note: string
  /** Epoch ms. */
  startedAt: number | undefined
  durationMs: number | undefined
  /** Of a map, once an item is done. */
  items: ItemCounts | undefined
}

export const isActive = ({ status }: Pick<Task, 'status'>): boolean => status === 'running' || status === 'retrying'

/** Whether nothing more happens to it, but for an undo. */
export const isSettled = (task: Task): boolean => task.status !== 'waiting' && !isActive(task)

export const depthOf = ({ parent }: Task): number => (parent === undefined ? 0 : depthOf(parent) + 1)
