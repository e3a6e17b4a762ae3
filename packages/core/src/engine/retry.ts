import { callAt } from '../clock.ts'
import type { Decision } from '../plugin.ts'
import { admit, releaseSlot } from './admit.ts'
import type { Task } from './task.ts'

/**
 * Carries out a decision to try again: another attempt of `task` waits until it is due, and until the failed one has
 * returned, and then starts by way of `relaunch`, which finds out whether the scope has stopped.
 */
export function retry(
  task: Task,
  { retryAt, overlap }: Extract<Decision, { retryAt: number }>,
  error: unknown,
  relaunch: (task: Task) => void,
): void {
  const { scope } = task
  const { run } = scope
  const { clock } = run.host
  const delayMs = Math.max(0, retryAt - clock.now())
  // It may have stopped while the failed attempt was taken back: then there is no other one to tell of.
  if (scope.stopped === null && run.observes('step:retry')) {
    const { pipeline, stepId, tries: attempt } = task
    run.emit('step:retry', { runId: run.id, at: run.now(), pipeline, stepId, attempt, error, retryAt, delayMs })
  }
  const again = task.again()
  releaseSlot(task)
  if (scope.stopped !== null) return relaunch(again) // also by an observer of the retry
  // Until the failed one has returned, the clock may have been set back.
  const wait = () => startAt(again, Math.min(retryAt, clock.now() + delayMs), relaunch)
  if (overlap === true) wait()
  else afterReturn(task, again, wait)
}

/** Starts `task` by way of `relaunch` when it is due (epoch ms) and there is room for it. Until then it takes no slot. */
export function startAt(task: Task, at: number, relaunch: (task: Task) => void): void {
  releaseSlot(task)
  const due = () => {
    endWait(task)
    admit(task, relaunch)
  }
  waitWith(task, callAt(task.scope.run.host.clock, at, due))
}

/** Calls `go` when the function of `task` has returned. Until then `next`, its next attempt, hears of a stop. */
export function afterReturn(task: Task, next: Task, go: () => void): void {
  const { extra } = task
  if (extra?.stillRunning !== true) return go()
  const more = next.more()
  more.stillRunning = true
  const returned = () => {
    more.stillRunning = false
  }
  waitWith(next, () => {
    extra.onReturn = returned
  })
  extra.onReturn = () => {
    returned()
    endWait(next)
    go()
  }
}

/** The task waits; `forget` is called when a stop ends that. */
function waitWith(task: Task, forget: () => void): void {
  task.more().endWait = forget
  task.scope.watch(task)
}

function endWait(task: Task): void {
  const more = task.more()
  more.endWait = null
  if (more.controller === null) task.scope.unwatch(task) // a signal that was read already is told of a stop
}
