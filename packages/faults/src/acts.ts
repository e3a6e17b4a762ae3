import { setTimeout as sleep } from 'node:timers/promises'
import type { StepContext } from '@pipe/core'
import type { Failpoints } from './failpoints.ts'
import type { Effect, Ledger } from './ledger.ts'

/** What the steps of the pipelines do: nothing but tell the ledger, with failpoints around it. */
export class Acts {
  readonly #ledger: Ledger
  readonly #failpoints: Failpoints

  constructor(ledger: Ledger, failpoints: Failpoints) {
    this.#ledger = ledger
    this.#failpoints = failpoints
  }

  /** @param ms how long it takes until it does what it does */
  async act(ctx: StepContext, ms = 2): Promise<void> {
    this.#write(ctx, 'begin')
    this.#failpoints.reach(`before body ${ctx.stepId}`)
    await sleep(ms, undefined, { signal: ctx.signal })
    this.#write(ctx, 'done')
    this.#failpoints.reach(`after body ${ctx.stepId}`)
  }

  async undo(ctx: StepContext): Promise<void> {
    this.#write(ctx, 'undoing')
    this.#failpoints.reach(`before undo ${ctx.stepId}`)
    await sleep(2)
    this.#write(ctx, 'undone')
    this.#failpoints.reach(`after undo ${ctx.stepId}`)
  }

  #write({ runId: run, stepId: step, attempt, fence = 0 }: StepContext, phase: Effect['phase']): void {
    this.#ledger.write({ kind: 'effect', phase, run, step, attempt, fence, pid: process.pid, at: Date.now() })
  }
}
