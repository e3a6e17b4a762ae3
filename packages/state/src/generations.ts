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

  /** The path of the step that was recorded under `key`. */
  static pathOf(key: string): string {
    const end = key.indexOf(MARK)
    return end < 0 ? key : key.slice(0, end)
  }
}

const isInside = (path: string, outer: string) =>
  path.startsWith(outer) && (path[outer.length] === '/' || path[outer.length] === '[')
