import { callAt } from '../clock.ts'
import { PipelineError } from '../errors.ts'
import type { RunState } from './run-state.ts'

/** Something that can be told to stop. */
interface Cancellable extends RunState {
  cancel(reason: unknown): void
}

/** Cancels a run when its time is up, `ms` from now; answers with what forgets that. */
export function cancelAfter(run: Cancellable, ms: number): () => void {
  if (ms === Infinity) return () => undefined
  const { owner, host } = run
  return callAt(host.clock, host.clock.monotonic() + ms, () => {
    const message = `Pipeline "${owner.name}" was not done after ${ms} ms.`
    run.cancel(new PipelineError('TIMEOUT', message, { pipeline: owner.name }))
  })
}

/** Cancels a run when `signal` aborts, or has aborted; answers with what forgets that. */
export function cancelWith(run: Cancellable, signal: AbortSignal): () => void {
  const abort = () => run.cancel(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return () => signal.removeEventListener('abort', abort)
}
