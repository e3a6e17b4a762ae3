import type { StepStatus } from '@pipe/core'

/** A line of the task list: a step, or an item of a map. */
export interface Task {
  /** Path in the run: `publish/page`, `months[January]`. */
  readonly id: string
  /** The last part of the path. */
  readonly name: string
  /** 0 for the steps of the pipeline itself. */
  readonly depth: number
  readonly kind: 'step' | 'item'
  /** Whether it consists of other steps or of items. */
  readonly isParent: boolean
  readonly children: Task[]
  status: 'waiting' | 'running' | 'retrying' | StepStatus
  /** What there is to say about it: how far it is, why it was skipped, why an attempt failed. */
  note: string
  /** Epoch ms. */
  startedAt: number | undefined
  durationMs: number | undefined
  /** Items of a map that are done with, well or not. */
  items: number
  /** How many items there will be, once one has settled and the number is known. */
  total: number | undefined
}

export const isActive = ({ status }: Task): boolean => status === 'running' || status === 'retrying'
