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

/** Does what a key asks for. */
export async function act(action: Action, { service, selection, stop }: Controlled): Promise<void> {
  const selected = names[selection.index]!
  if (action.what === 'select') selection.select(action.index)
  else if (action.what === 'move') selection.move(action.by)
  else if (action.what === 'toggle') await service.toggle(selected)
  else if (action.what === 'trigger') await service.trigger(selected)
  else if (action.what === 'toggle-room') service.toggleRoom()
  else if (action.what === 'tick-room') await service.tickRoom()
  else if (action.what === 'quit') stop.quit()
  else stop.signal('SIGINT')
}

/** Does what keys ask for, until it is disposed. Does nothing where there is no terminal to type at. */
export function listenToKeys(controlled: Controlled, { tell }: { readonly tell: Tell }): Disposable {
  const { stdin } = process
  if (!stdin.isTTY) return { [Symbol.dispose]: () => undefined }
  const press = (_: string | undefined, key: Key) => {
    const action = actionOf(key)
    if (action === undefined) return
    act(action, controlled).catch((error: unknown) => tell('news', messageOf(error)))
  }
  emitKeypressEvents(stdin)
  stdin.setRawMode(true).on('keypress', press).resume()
  return { [Symbol.dispose]: () => void stdin.off('keypress', press).setRawMode(false).pause() }
}
