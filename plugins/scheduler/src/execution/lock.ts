/** Lets one in at a time; the others wait in the order in which they came. */
export class Lock {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  /** `undefined` when it was taken at once, otherwise a promise of that. */
  take(): Promise<void> | undefined {
    if (this.#isTaken) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#isTaken = true
    return undefined
  }

  /** Hands it on to the next one who waits. */
  release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }
}
