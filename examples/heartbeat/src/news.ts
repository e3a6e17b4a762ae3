/** Something that happened. `run`: a run has ended well at its time, of which there are many; `news`: anything else. */
type NewsKind = 'run' | 'news'

export interface NewsItem {
  readonly kind: NewsKind
  /** Epoch ms. */
  readonly at: number
  readonly text: string
}

/** Tells of what happens. */
export type Tell = (kind: NewsKind, text: string) => void

/** So many are kept. */
const KEPT = 20

/** What happened, for those who look at it later, and for one who hears of it at once. */
export class News {
  readonly #items: NewsItem[] = []
  /** Hears of each at once. */
  onItem: (item: NewsItem) => void = () => undefined

  readonly tell: Tell = (kind, text) => {
    const item = { kind, at: Date.now(), text }
    if (kind === 'news') {
      this.#items.push(item)
      this.#items.splice(0, this.#items.length - KEPT)
    }
    this.onItem(item)
  }

  /** The last ones that are news, the first of them first. */
  last(count: number): readonly NewsItem[] {
    return this.#items.slice(-count)
  }
}

/** The time of day, UTC. */
export const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 19)
