import { expect, test } from 'vitest'
import { Actor } from '../src/keyboard.ts'
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
  const actor = new Actor(controlled)
  for (const key of [...keys, { name: 'c', ctrl: true }]) await actor.act(actionOf(key)!)
  expect(done).toEqual([
    ...['toggle sample', 'trigger report', 'toggle cleanup'],
    ...['toggle the room', 'tick the room', 'quit', 'SIGINT'],
  ])
})

test('what is typed quickly is done one after the other, also when something fails; the end does not wait', async () => {
  const done: string[] = []
  const { promise: letGo, resolve } = Promise.withResolvers<undefined>()
  let isPaused = false
  const service = {
    toggle: async (name: string) => {
      const before = isPaused
      await letGo
      isPaused = !before
      done.push(`${name} is ${isPaused ? 'paused' : 'active'}`)
    },
    trigger: () => Promise.reject(new Error('no')),
    toggleRoom: () => undefined,
    tickRoom: async () => void done.push('tick'),
  }
  const stop = { quit: () => void done.push('quit'), signal: () => undefined }
  const actor = new Actor({ service, stop, selection: new Selection(3) })
  const asked = ['p', 'p', 't', 'down', 'p', 'space', 'q'].map((name) => actor.act(actionOf({ name })!))
  expect(done).toEqual(['quit'])
  resolve(undefined)
  const failed = (await Promise.allSettled(asked)).map(({ status }) => status === 'rejected')
  expect(failed).toEqual([false, false, true, false, false, false, false])
  expect(done.slice(1)).toEqual(['sample is paused', 'sample is active', 'report is paused', 'tick'])
})
