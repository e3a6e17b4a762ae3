import { styleText } from 'node:util'
import { messageOf } from '@pipe/core'
import { createLogUpdate } from 'log-update'
import type { Selection } from '../keys.ts'
import type { News } from '../news.ts'
import type { Service, ServiceState } from '../service.ts'
import { draw } from './draw.ts'

/** From one drawing to the next, and from one look at the store to the next, ms. */
const [FRAME, LOOK] = [200, 400]
/** So much of what happened is shown. */
const NEWS = 6

/** Draws the service in place, until it is disposed: then the last picture stays. */
export class LiveView implements AsyncDisposable {
  readonly #stream: NodeJS.WriteStream
  readonly #service: Service
  readonly #selection: Selection
  readonly #news: News
  readonly #show: ReturnType<typeof createLogUpdate>
  readonly #timers: readonly NodeJS.Timeout[]
  #state: ServiceState | null = null
  #looking: Promise<void> | null = null

  constructor(stream: NodeJS.WriteStream, service: Service, selection: Selection, news: News) {
    this.#stream = stream
    this.#service = service
    this.#selection = selection
    this.#news = news
    this.#show = createLogUpdate(stream)
    void this.#look()
    this.#timers = [setInterval(() => this.#draw(), FRAME), setInterval(() => void this.#look(), LOOK)]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#looking
    await this.#look()
    this.#draw()
    this.#show.done()
  }

  /** Finds out how the service is: the store may be slow, the picture need not be. */
  async #look(): Promise<void> {
    if (this.#looking !== null) return
    this.#looking = this.#service.state().then(
      (state) => void (this.#state = state),
      (error: unknown) => this.#news.tell('news', messageOf(error)),
    )
    await this.#looking
    this.#looking = null
  }

  #draw(): void {
    if (this.#state === null) return
    const picture = {
      state: { ...this.#state, now: Date.now() },
      selected: this.#selection.index,
      news: this.#news.last(NEWS),
    }
    const { columns, rows } = this.#stream
    const paint = (colour: Parameters<typeof styleText>[0], text: string) =>
      styleText(colour, text, { stream: this.#stream })
    // One row is left for the cursor.
    this.#show(draw(picture, { columns: columns > 0 ? columns : 80, rows: rows - 1, paint }).join('\n'))
  }
}
