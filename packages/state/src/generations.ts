/** Stands between a path and what tells its generation: escaped where a path has it, as a key of an item may. */
const MARK = '\u0001'

/**
 * Tells apart what the attempts of a step that runs others (a call, a loop) do inside: every attempt does it all again.
 * The first has plain paths as keys; the others add which attempt they are.
 */
export class Generations {
  /** What is at its second attempt or a later one, by key: what an outer attempt before had inside is never found again. */
  readonly #attempts = new Map<string, number>()

  /** An attempt of the step at `path` begins. */
  begin(path: string, attempt: number): void {
    if (attempt > 1) this.#attempts.set(this.keyOf(path), attempt)
  }

  /** Under what the step at `path` is recorded now: without NUL, whatever the path has. */
  keyOf(path: string): string {
    let marks = ''
    if (this.#attempts.size > 0) {
      for (const outer of outerPathsOf(path)) {
        const escaped = Generations.plainKeyOf(outer)
        const attempt = this.#attempts.get(escaped + marks)
        if (attempt !== undefined) marks += `${MARK}${escaped}#${attempt}`
      }
    }
    return Generations.plainKeyOf(path) + marks
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

  /** Under what the step at `path` is recorded when everything around it is at its first attempt. */
  static plainKeyOf(path: string): string {
    return path.replace(SPECIAL, (character) => `${ESCAPE}${SPECIALS.indexOf(character)}`)
  }

  /** The path of the step that was recorded under `key`. */
  static pathOf(key: string): string {
    const end = key.indexOf(MARK)
    const plain = end < 0 ? key : key.slice(0, end)
    return plain.replace(ESCAPED, (_, digit: string) => SPECIALS[Number(digit)]!)
  }
}

/** Begins an escape in a key. */
const ESCAPE = '\u0002'
/** What the path of a step may have and a key must not, by the digit that stands for it after {@link ESCAPE}. */
const SPECIALS = ['\0', MARK, ESCAPE]
const SPECIAL = new RegExp(`[${SPECIALS.join('')}]`, 'g')
const ESCAPED = new RegExp(`${ESCAPE}([012])`, 'g')

/** Whether the step at `path` is inside of what the step at `outer` runs. */
export const isInside = (path: string, outer: string) =>
  path.startsWith(outer) && (path[outer.length] === '/' || path[outer.length] === '[')

/** What ends the path of a step that runs others: a step inside, or the key of an item, which may have anything in it. */
const INSIDE = /\/|\[(?:\\.|[^\]\\])*\]/gs

/** Paths of what the step at `path` is inside of, outer ones first. */
export const outerPathsOf = (path: string) => [...path.matchAll(INSIDE)].map(({ index }) => path.slice(0, index))
