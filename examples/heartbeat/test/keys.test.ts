import { expect, test } from 'vitest'
import { act } from '../src/keyboard.ts'
import { actionOf, type Key, Selection } from '../src/keys.ts'

test.each<[Key, object | undefined]>([
  [{ name: '1' }, { what: 'select', index: 0 }],
  [{ name: '3' }, { what: 'select', index: 2 }],
  [{ name: 'up' }, { what: 'move', by: -1 }],
  [{ name: 'down' }, { what: 'move', by: 1 }],
  [{ name: 'p' }, { what: 'toggle' }],
  [{ name: 't' }, { what: 'trigger' }],
  [{ name: 'e' }, { what: 'toggle-room' }],
  [{ name: 'space' }, { what: 'tick-room' }],
  [{ name: 'q' }, { what: 'quit' }],
  [{ name: 'c', ctrl: true }, { what: 'interrupt' }],
  [{ name: 'c' }, undefined],
  [{ name: 'q', ctrl: true }, undefined],
  [{ name: 'q', meta: true }, undefined],
  [{ name: '4' }, undefined],
  [{ name: 'constructor' }, undefined],
  [{}, undefined],
])('%j asks for %j', (key, action) => {
  expect(actionOf(key)).toEqual(action)
})

test('a selection goes round', () => {
  const selection = new Selection(3)
  selection.move(-1)
  expect(selection.index).toBe(2)
  selection.move(1)
  expect(selection.index).toBe(0)
  selection.select(1)
  selection.select(3)
  expect(selection.index).toBe(1)
})

test('what a key asks for is done to the schedule that is selected', async () => {
  const done: string[] = []
  const note = (text: string) => void done.push(text)
  const service = {
    toggle: async (name: string) => note(`toggle ${name}`),
    trigger: async (name: string) => note(`trigger ${name}`),
    toggleRoom: () => note('toggle the room'),
    tickRoom: async () => note('tick the room'),
  }
  const stop = { quit: () => note('quit'), signal: (name: string) => note(name) }
  const controlled = { service, stop, selection: new Selection(3) }
  const keys = ['p', 'down', 't', '3', 'p', 'e', 'space', 'q'].map((name): Key => ({ name }))
  for (const key of [...keys, { name: 'c', ctrl: true }]) await act(actionOf(key)!, controlled)
  expect(done).toEqual([
    ...['toggle sample', 'trigger report', 'toggle cleanup'],
    ...['toggle the room', 'tick the room', 'quit', 'SIGINT'],
  ])
})
