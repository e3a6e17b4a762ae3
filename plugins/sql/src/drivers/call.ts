/** A call of a driver, and what it holds for as long as somebody waits for its answer. */
export class Call {
  #isOver = false
  #giveUp: (() => void) | undefined

  /** Whether nobody waits for its answer any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** @param giveUp what is done with it when the call is over before it has an answer */
  holds(giveUp: () => void): void {
    this.#giveUp = giveUp
    if (this.#isOver) giveUp()
  }

  end(): void {
    this.#isOver = true
    this.#giveUp?.()
  }
}

/** The answer of a call that takes no longer than so many ms: then what it holds is given up. */
export function inTime<T>(within: number | undefined, ask: (call: Call) => Promise<T>): Promise<T> {
  const call = new Call()
  if (within === undefined) return ask(call)
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`there is no answer after ${within} ms.`))
      call.end()
    }, within)
    ask(call)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
