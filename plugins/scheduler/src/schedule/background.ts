/** What is being done that nobody waits for, but the end. */
export class Background {
  readonly #onError: (error: unknown) => void
  readonly #doing = new Set<Promise<unknown>>()

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  do(work: () => Promise<unknown>): void {
    const doing = work()
      .catch(this.#onError)
      .finally(() => this.#doing.delete(doing))
    this.#doing.add(doing)
  }

  /** Waits until nothing is being done. */
  async idle(): Promise<void> {
    while (this.#doing.size > 0) await Promise.allSettled(this.#doing)
  }
}
