/** Stands between a path and what tells its generation; no path has it. */
const MARK = '\u0001'

/**
 * Tells apart what the attempts of a step that runs others (a call, a loop) do inside: every attempt does it all again.
 * The first has plain paths as keys; the others add which attempt they are.
 */
export class Generations {
  /** Paths of what is at its second attempt or a later one, outer ones before those inside. */
  readonly #attempts = new Map<string, number>()

  /** An attempt of the step at `path` begins. */
  begin(path: string, attempt: number): void {
    if (attempt === 1) return
    for (const other of this.#attempts.keys()) if (isInside(other, path)) this.#attempts.delete(other)
    this.#attempts.set(path, attempt)
  }

  /** Under what the step at `path` is recorded now. */
  keyOf(path: string): string {
    let key = path
    for (const [outer, attempt] of this.#attempts) {
      if (isInside(path, outer)) key += `${MARK}${outer}#${attempt}`
    }
    return key
  }

  /** Whether what was recorded under `key` belongs to the attempts that are made now. */
  has(key: string): boolean {
    return this.keyOf(Generations.pathOf(key)) === key
  }

  /**
   * Those of a run as it was left.
   *
   * @param keys of all that it recorded
   * @param failed keys of what has failed and would have been tried again, with the number of failed attempts
   */
  static after(keys: readonly string[], failed: readonly (readonly [key: string, attempts: number])[]): Generations {
    const outer = new Set(keys.flatMap((key) => outerPathsOf(Generations.pathOf(key))))
    const generations = new Generations()
    const byDepth = failed.map(([key, attempts]) => ({ key, path: Generations.pathOf(key), attempts }))
    for (const { key, path, attempts } of byDepth.sort((a, b) => a.path.length - b.path.length)) {
      if (outer.has(path) && generations.has(key)) generations.begin(path, attempts + 1)
    }
    return generations
  }

  /** The path of the step that was recorded under `key`. */
  static pathOf(key: string): string {
    const end = key.indexOf(MARK)
    return end < 0 ? key : key.slice(0, end)
  }
}

/** Paths of what the step at `path` is inside of, as far as it can be told from it. */
const outerPathsOf = (path: string) => [...path.matchAll(/[/[]/g)].map(({ index }) => path.slice(0, index))

/** Whether the step at `path` is inside of what the step at `outer` runs. */
export const isInside = (path: string, outer: string) =>
  path.startsWith(outer) && (path[outer.length] === '/' || path[outer.length] === '[')
