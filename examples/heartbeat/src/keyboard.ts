import { emitKeypressEvents } from 'node:readline'
import { messageOf } from '@pipe/core'
import { type Action, actionOf, type Key, type Selection } from './keys.ts'
import type { Tell } from './news.ts'
import { names } from './schedules.ts'
import type { Service } from './service.ts'
import type { Stop } from './stop.ts'

/** What keys act on. */
export interface Controlled {
  readonly service: Pick<Service, 'toggle' | 'trigger' | 'toggleRoom' | 'tickRoom'>
  readonly selection: Selection
  readonly stop: Pick<Stop, 'quit' | 'signal'>
}

/** Does what keys ask for. What they select, and an end, is seen to at once; the rest in the order in which it was asked for. */
export class Actor {
  readonly #controlled: Controlled
  #last: Promise<void> = Promise.resolve()

  constructor(controlled: Controlled) {
    this.#controlled = controlled
  }

  /** Resolves when it is done; rejects when that failed. */
  act(action: Action): Promise<void> {
    const { service, selection, stop } = this.#controlled
    const selected = names[selection.index]!
    if (action.what === 'toggle') return this.#then(() => service.toggle(selected))
    if (action.what === 'trigger') return this.#then(() => service.trigger(selected))
    if (action.what === 'toggle-room') return this.#then(() => service.toggleRoom())
    if (action.what === 'tick-room') return this.#then(() => service.tickRoom())
    if (action.what === 'select') selection.select(action.index)
    else if (action.what === 'move') selection.move(action.by)
    else if (action.what === 'quit') stop.quit()
    else stop.signal('SIGINT')
    return Promise.resolve()
  }

  #then(work: () => Promise<void> | void): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined) // who asked for it is told
    return done
  }
}

/** Does what keys ask for, until it is disposed. Does nothing where there is no terminal to type at. */
export function listenToKeys(controlled: Controlled, { tell }: { readonly tell: Tell }): Disposable {
  const { stdin } = process
  if (!stdin.isTTY) return { [Symbol.dispose]: () => undefined }
  const actor = new Actor(controlled)
  const press = (_: string | undefined, key: Key) => {
    const action = actionOf(key)
    if (action === undefined) return
    actor.act(action).catch((error: unknown) => tell('news', messageOf(error)))
  }
  emitKeypressEvents(stdin)
  stdin.setRawMode(true).on('keypress', press).resume()
  return { [Symbol.dispose]: () => void stdin.off('keypress', press).setRawMode(false).pause() }
}
