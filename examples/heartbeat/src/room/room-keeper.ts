import { messageOf, type Pipe } from '@pipe/core'
import { createExecution, type ExecutionStatus } from '@pipe/scheduler'
import type { Tell } from '../news.ts'
import type { RoomFile } from './room-file.ts'
import { coldRoom, type Room, thermostat } from './thermostat.ts'
import { type TickNote, tickNotes } from './tick-notes.ts'

/** How a room is. */
export interface RoomState {
  /** `null` while it is not here. */
  readonly status: ExecutionStatus | null
  /** `undefined` when none was ever kept. */
  readonly room: Room | undefined
  /** The last ticks, the last one first. */
  readonly ticks: readonly TickNote[]
}

/** From one tick to the next, ms. */
const INTERVAL = 500
/** So many ticks are shown. */
const SHOWN = 4
const NOT_HERE = 'the thermostat is not here: it is in the process that leads, as soon as one does'

const settle = (pipe: Pipe, room: Room) =>
  createExecution(pipe, thermostat, undefined, { blackboard: room, history: { limit: 50 } })
type Thermostat = ReturnType<typeof settle>

/** Has the thermostat ticking in the process that leads, from where the one before has left it. */
export class RoomKeeper implements AsyncDisposable {
  readonly #pipe: Pipe
  readonly #file: RoomFile
  readonly #tell: Tell
  #execution: Thermostat | null = null
  /** Whether the room is this process's to write. */
  #leads = false
  /** The room after its last pass, until that is written. */
  #unwritten: Room | null = null
  /** One thing is done after the other: also a process that leads, follows and leads again has one room at a time. */
  #last: Promise<void> = Promise.resolve()

  constructor(pipe: Pipe, file: RoomFile, tell: Tell) {
    this.#pipe = pipe
    this.#file = file
    this.#tell = tell
  }

  /** Takes the room over. */
  lead(): Promise<void> {
    this.#leads = true
    return this.#then(async () => {
      if (this.#execution !== null) return
      const execution = settle(this.#pipe, (await this.#file.read()) ?? coldRoom)
      execution.events.on('tick:end', ({ status }) => {
        if (status !== 'success') return
        this.#unwritten = execution.blackboard.snapshot()
        // Nobody waits for it: what could not be written is written with the next pass.
        void this.#then(() => this.#write())
      })
      execution.events.on('blackboard:change', ({ key, value }) => {
        if (key !== 'heating') return
        const { inside, outside } = execution.blackboard.snapshot()
        this.#tell('news', `the heater goes ${value === true ? 'on' : 'off'}: ${inside} °C, ${outside} °C outside`)
      })
      execution.start({ mode: 'interval', interval: INTERVAL, stopOnTerminal: false })
      this.#execution = execution
    })
  }

  /** Leaves the room to whoever leads next, as it was after its last pass. */
  leave(): Promise<void> {
    return this.#then(async () => {
      await this.#end()
      await this.#write()
    })
  }

  /** Somebody else may have the room already: nothing is written any more. */
  lose(): Promise<void> {
    this.#leads = false
    this.#unwritten = null
    return this.#then(() => this.#end())
  }

  async state(): Promise<RoomState> {
    const execution = this.#execution
    if (execution === null) {
      const room = await this.#file.read().catch(() => undefined) // whoever takes the room over tells of that
      return { status: null, room, ticks: [] }
    }
    const { status, blackboard, history } = execution
    return { status, room: blackboard.snapshot(), ticks: tickNotes(history, status.tick, SHOWN) }
  }

  /** Pauses the thermostat, or goes on with it. */
  toggle(): void {
    const execution = this.#execution
    if (execution === null) this.#tell('news', NOT_HERE)
    else if (execution.status.state === 'paused') execution.resume()
    else execution.pause()
  }

  /** Makes one tick. */
  async tick(): Promise<void> {
    const execution = this.#execution
    if (execution === null) this.#tell('news', NOT_HERE)
    else if (execution.isRunning) this.#tell('news', 'the thermostat ticks by itself: pause it first, with e')
    else await execution.tick()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  async #end(): Promise<void> {
    const execution = this.#execution
    this.#execution = null
    await execution?.delete()
  }

  async #write(): Promise<void> {
    const room = this.#unwritten
    if (room === null || !this.#leads) return
    await this.#file.write(room)
    if (this.#unwritten === room) this.#unwritten = null
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch((error: unknown) => this.#tell('news', messageOf(error)))
    return this.#last
  }
}
