import { callAt } from '../clock.ts'
import type { Decision } from '../plugin.ts'
import { admit, releaseSlot } from './admit.ts'
import type { Task } from './task.ts'

/** When something is due that is to be `ms` from now, by the monotonic clock. */
export function inMs(task: Task, ms: number): number {
  return task.scope.run.host.clock.monotonic() + ms
}

/**
 * When another attempt is due that was decided on (see {@link inMs}): reckoned at once, since the clock by which policies
 * decide may be set while what the failed one did inside is taken back.
 */
export function dueOf(task: Task, decision: Decision | undefined): number {
  return decision !== undefined && 'retryAt' in decision ? inMs(task, decision.retryAt - task.now()) : 0
}

/**
 * Carries out a decision to try again: another attempt of `task` waits until it is `due` (see {@link inMs}), and until the
 * failed one has returned, and then starts by way of `relaunch`, which finds out whether the scope has stopped.
 */
export function retry(
  task: Task,
  { retryAt, overlap }: Extract<Decision, { retryAt: number }>,
  due: number,
  error: unknown,
  relaunch: (task: Task) => void,
): void {
  const { scope } = task
  const { run } = scope
  // It may have stopped while the failed attempt was taken back: then there is no other one to tell of.
  if (scope.stopped === null && run.observes('step:retry')) {
    const { pipeline, stepId, tries: attempt } = task
    const delayMs = Math.max(0, Math.round(due - inMs(task, 0)))
    run.emit('step:retry', { runId: run.id, at: run.now(), pipeline, stepId, attempt, error, retryAt, delayMs })
  }
  const again = task.again()
  releaseSlot(task)
  if (scope.stopped !== null) return relaunch(again) // also by an observer of the retry
  const wait = () => startAt(again, due, relaunch)
  if (overlap === true) wait()
  else afterReturn(task, again, wait)
}

/** Starts `task` by way of `relaunch` when it is due (see {@link inMs}) and there is room for it. Until then it takes no slot. */
export function startAt(task: Task, at: number, relaunch: (task: Task) => void): void {
  releaseSlot(task)
  const start = () => {
    endWait(task)
    admit(task, relaunch)
  }
  waitWith(task, callAt(task.scope.run.host.clock, at, start))
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
