import type { Task } from './task.ts'

/** Calls `enter` with the task, now or when the gate lets it in. */
export function admit(task: Task, enter: (task: Task) => void): void {
  const { scope, node } = task
  const { gate, host } = scope.run
  if (gate === null) return enter(task)
  const slot = node.run !== null
  let keptSince: number | null = null
  const entered = gate.admit({
    rank: [...scope.rank, task.position],
    slot,
    scope,
    enter: () => {
      if (slot) task.more().slot = true
      if (keptSince !== null) task.more().waitMs = host.clock.monotonic() - keptSince
      enter(task)
    },
  })
  if (!entered && scope.run.timed) keptSince = host.clock.monotonic()
}

/** Gives the slot of a task back, if it holds one. */
export function releaseSlot(task: Task): void {
  if (task.extra?.slot !== true) return
  task.extra.slot = false
  task.scope.run.gate?.release()
}

/** Hands the slot of one task on to another. Answers whether the other may start: it has one, or needs none. */
export function passSlot(from: Task, to: Task): boolean {
  if (from.scope.run.gate === null || from.node.run === null) return true
  if (from.extra?.slot !== true) return false
  from.extra.slot = false
  to.more().slot = true
  return true
}
