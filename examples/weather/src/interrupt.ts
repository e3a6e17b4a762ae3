import { constants } from 'node:os'

/** Exit code of a process that was interrupted, as shells count. */
export const interruptedCode = 128 + constants.signals.SIGINT

/** Whether Ctrl-C was pressed; disposing it lets go of the signal. */
export interface Interrupt extends Disposable {
  readonly happened: boolean
}

/** Cancels `run` when Ctrl-C is pressed, and ends the process when it is pressed again. */
export function stopOnInterrupt(run: { cancel(reason: string): void }): Interrupt {
  let happened = false
  const interrupt = () => {
    if (happened) process.exit(interruptedCode)
    happened = true
    run.cancel('interrupted')
  }
  process.on('SIGINT', interrupt)
  return {
    get happened() {
      return happened
    },
    [Symbol.dispose]: () => process.off('SIGINT', interrupt),
  }
}
