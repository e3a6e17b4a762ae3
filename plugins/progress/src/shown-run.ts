import type { RunStart, RunStatus } from '@pipe/core'
import type { Outline } from './outline.ts'
import { TaskList } from './task-list.ts'
import { oneLine } from './words.ts'

/** A run as it is shown. */
export class ShownRun {
  /** What to call it when others run too. */
  readonly label: string
  readonly pipeline: string
  readonly startedAt: number
  readonly list: TaskList
  status: 'running' | 'paused' | RunStatus = 'running'
  /** Milliseconds, once it has ended. */
  durationMs: number | undefined
  /** Whether it ever went on together with another one: then it needs its name. */
  hasCompany = false

  /** @param namesakes how many runs of the same pipeline go on already */
  constructor({ pipeline, at }: RunStart, outline: Outline, namesakes: number) {
    this.label = oneLine(pipeline) + (namesakes > 0 ? ` #${namesakes + 1}` : '')
    this.pipeline = pipeline
    this.startedAt = at
    this.list = new TaskList(pipeline, outline)
  }
}
