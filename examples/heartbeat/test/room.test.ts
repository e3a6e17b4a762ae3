import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPipe } from '@pipe/core'
import { createExecution } from '@pipe/scheduler'
import { expect, onTestFinished, test } from 'vitest'
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

/** A keeper of a room, and what it tells. */
function keeperOf(path: string) {
  const told: string[] = []
  const keeper = new RoomKeeper(createPipe(), roomFileAt(path), (_, text) => void told.push(text))
  return { keeper, told }
}

/** Takes the room over, and ticks by hand only. */
async function leadPaused(keeper: RoomKeeper) {
  await keeper.lead()
  keeper.toggle()
  onTestFinished(() => keeper.lose())
}

/** Ticks until it is `minute` in the room: that is the first tick of a pass. */
async function tickInto(keeper: RoomKeeper, minute: number) {
  while ((await keeper.state()).room!.minute < minute) await keeper.tick()
}

const savedIn = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Room

test('a room goes on where the one who had it before has left it: after its last pass', async () => {
  const path = join(temporaryFolder(), 'room.json')
  const { keeper, told } = keeperOf(path)
  expect(await keeper.state()).toEqual({ status: null, room: undefined, ticks: [] })
  await keeper.lead()
  await keeper.tick()
  expect(told).toEqual(['the thermostat ticks by itself: pause it first, with e'])
  keeper.toggle()
  expect((await keeper.state()).status?.state).toBe('paused')
  await tickInto(keeper, 30)
  const { room, ticks } = await keeper.state()
  expect(ticks.length).toBe(4)
  expect(room!.minute).toBe(30)
  keeper.toggle()
  expect((await keeper.state()).status?.state).toBe('running')
  await keeper.leave()
  const left = savedIn(path)
  expect(left).toMatchObject({ minute: 20 })

  expect(await keeper.state()).toEqual({ status: null, room: left, ticks: [] })
  keeper.toggle()
  expect(told.at(-1)).toContain('the thermostat is not here')
  await leadPaused(keeper)
  await tickInto(keeper, 30)
  expect((await keeper.state()).room).toMatchObject({ minute: 30 })
})

test('a room that was left before it had a pass is left as it was', async () => {
  const path = join(temporaryFolder(), 'room.json')
  const { keeper } = keeperOf(path)
  await leadPaused(keeper)
  await keeper.tick()
  await keeper.leave()
  expect(await keeper.state()).toMatchObject({ room: undefined })
})

test('who has lost the room without knowing does not write over that of who has it now', async () => {
  const path = join(temporaryFolder(), 'room.json')
  const [first, second] = [keeperOf(path), keeperOf(path)]
  await leadPaused(first.keeper)
  await tickInto(first.keeper, 20)
  await expect.poll(() => savedIn(path).minute).toBe(10)
  await leadPaused(second.keeper)
  await tickInto(second.keeper, 60)
  await expect.poll(() => savedIn(path).minute).toBe(50)

  await tickInto(first.keeper, 30) // it was suspended, and goes on
  await expect.poll(() => first.told).toContain(`Another process has written ${path}.`)
  expect(savedIn(path).minute).toBe(50)
  await first.keeper.lose() // it hears of it
  expect(savedIn(path).minute).toBe(50)
  expect((await first.keeper.state()).status).toBeNull()
  await second.keeper.leave()
  expect(second.told).not.toContain(`Another process has written ${path}.`)
})

test('what is to be written when the room is lost is not written', async () => {
  const written: Room[] = []
  const { promise: letGo, resolve } = Promise.withResolvers<undefined>()
  const file = {
    read: () => Promise.resolve(undefined),
    write: async (room: Room) => {
      await letGo
      written.push(room)
    },
  }
  const keeper = new RoomKeeper(createPipe(), file, () => undefined)
  await leadPaused(keeper)
  await tickInto(keeper, 30)
  const lost = keeper.lose()
  resolve(undefined)
  await lost
  expect(written.map(({ minute }) => minute)).toEqual([10]) // that one was on its way
})
