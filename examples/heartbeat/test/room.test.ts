import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPipe } from '@pipe/core'
import { createExecution } from '@pipe/scheduler'
import { expect, test } from 'vitest'
import { roomFileAt } from '../src/room/room-file.ts'
import { RoomKeeper } from '../src/room/room-keeper.ts'
import { coldRoom, type Room, thermostat } from '../src/room/thermostat.ts'
import { tickNotes } from '../src/room/tick-notes.ts'
import { temporaryFolder } from './program.ts'

const settle = (room: Room) => createExecution(createPipe(), thermostat, undefined, { blackboard: room })

/** Ticks to the end of a pass. */
async function pass(execution: ReturnType<typeof settle>) {
  for (;;) {
    const { status } = await execution.tick()
    if (status !== 'running') return status
  }
}

test('the heater goes on when it is too cold, and off when it is warm enough', async () => {
  const execution = settle(coldRoom)
  expect(await pass(execution)).toBe('success')
  expect(execution.blackboard.snapshot()).toMatchObject({ minute: 10, heating: true, switched: 1 })
  const seen: number[] = []
  while (execution.blackboard.get('heating')) {
    await pass(execution)
    seen.push(execution.blackboard.get('inside'))
  }
  expect(seen.at(-1)).toBeGreaterThan(21.5)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(execution.blackboard.get('switched')).toBe(2)
})

test('a day later the room is no colder than it may be', async () => {
  const execution = settle(coldRoom)
  const seen: number[] = []
  for (let passes = 0; passes < 2 * 144; passes++) {
    await pass(execution)
    if (passes >= 144) seen.push(execution.blackboard.get('inside'))
  }
  expect(execution.blackboard.get('minute')).toBe(0)
  expect(Math.min(...seen)).toBeGreaterThan(19)
  expect(Math.max(...seen)).toBeLessThan(23)
})

test('of each tick it is known what it ran and what it changed', async () => {
  const execution = settle({ ...coldRoom, inside: 21 })
  await execution.tick(5)
  expect(tickNotes(execution.history, 5, 4)).toEqual([
    { tick: 5, status: 'running', steps: ['sky'], changes: ['minute 10 → 20', 'outside -1.4 → -1.6'] },
    { tick: 4, status: 'success', steps: ['switch skipped'], changes: [] },
    { tick: 3, status: 'running', steps: ['sense'], changes: [] },
    { tick: 2, status: 'running', steps: ['walls'], changes: ['inside 21 → 20.8'] },
  ])
})

test('a room goes on where the one who had it before has left it', async () => {
  const path = join(temporaryFolder(), 'room.json')
  const told: string[] = []
  const keeper = new RoomKeeper(createPipe(), roomFileAt(path), (_, text) => void told.push(text))
  expect(await keeper.state()).toEqual({ status: null, room: undefined, ticks: [] })
  await keeper.lead()
  await keeper.tick()
  expect(told).toEqual(['the thermostat ticks by itself: pause it first, with e'])
  keeper.toggle()
  expect((await keeper.state()).status?.state).toBe('paused')
  await keeper.tick()
  await keeper.tick()
  const { room, ticks } = await keeper.state()
  expect(ticks.length).toBeGreaterThanOrEqual(2)
  keeper.toggle()
  expect((await keeper.state()).status?.state).toBe('running')
  await keeper.follow()
  const left = JSON.parse(readFileSync(path, 'utf8')) as Room
  expect(left.minute).toBeGreaterThanOrEqual(room!.minute)

  expect(await keeper.state()).toEqual({ status: null, room: left, ticks: [] })
  keeper.toggle()
  expect(told.at(-1)).toBe('the thermostat is in the process that leads')
  await keeper.lead()
  expect((await keeper.state()).room!.minute).toBeGreaterThanOrEqual(left.minute)
  await keeper.follow()
})
