import { EventEmitter } from 'node:events'

export const observers = (listeners) => {
  const events = new EventEmitter()
  for (const listener of listeners) events.on('step:end', listener)
  return (event) => events.emit('step:end', event)
}
