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
  const { scope, extra } = task
  const { run } = scope
  const { clock } = run.host
  if (run.observes('step:retry')) {
    const delayMs = Math.max(0, retryAt - clock.now())
    const { pipeline, stepId, attempt } = task
    run.emit('step:retry', { runId: run.id, at: run.now(), pipeline, stepId, attempt, error, retryAt, delayMs })
  }
  const again = task.again(task.attempt + 1)
  const more = again.more()
  again.startedMono = task.startedMono
  more.sink = extra?.sink ?? null
  if (more.sink !== null) more.sink.current = again
  more.context = extra?.context ?? null
  releaseSlot(task)
  if (extra?.stillRunning === true) more.stillRunning = true
  if (scope.stopped !== null) return relaunch(again) // by an observer of the retry
  const wait = () => {
    if (scope.stopped !== null) {
      relaunch(again)
      return
    }
    scope.watch(again)
    more.endWait = callAt(clock, retryAt, () => {
      more.endWait = null
      scope.unwatch(again)
      admit(again, relaunch)
    })
  }
  if (extra?.stillRunning !== true || overlap === true) {
    more.stillRunning = false
    return wait()
  }
  more.endWait = () => {
    extra.onReturn = () => {
      more.stillRunning = false
    }
  }
  scope.watch(again)
  extra.onReturn = () => {
    more.stillRunning = false
    scope.unwatch(again)
    wait()
  }
}
