import { join } from 'node:path'
import { createPipe, messageOf } from '@pipe/core'
import { createScheduler, type ScheduleInfo, type Scheduler } from '@pipe/scheduler'
import { durable, runsIn, sqliteStore } from '@pipe/state'
import writeFileAtomic from 'write-file-atomic'
import type { Settings } from './arguments.ts'
import { type News, type Tell, timeOf } from './news.ts'
import { roomFileAt } from './room/room-file.ts'
import { RoomKeeper, type RoomState } from './room/room-keeper.ts'
import { startMeter } from './samples/meter.ts'
import { sampleFilesIn } from './samples/sample-files.ts'
import { addSchedules, type Name, names, type Provided, timings } from './schedules.ts'

/** A schedule, as it is shown. */
export interface ShownSchedule {
  readonly info: ScheduleInfo
  readonly timing: string
  /** How many slots this process knows to be missed. */
  readonly missed: number
}

/** What a process does. */
export type Role = 'starts' | 'leads' | 'follows' | 'stopped'

/** How the service is. */
export interface ServiceState {
  /** Epoch ms. */
  readonly now: number
  readonly pid: number
  /** `starts`: it is not known yet whether another process leads. `stopped`: it has left everything to others. */
  readonly role: Role
  readonly schedules: readonly ShownSchedule[]
  readonly room: RoomState
}

/** Three schedules and a thermostat. Disposing it hands them over to whoever shares the folder. */
export class Service implements AsyncDisposable {
  readonly #scheduler: Scheduler<Provided>
  readonly #keeper: RoomKeeper
  readonly #timings: Readonly<Record<Name, string>>
  readonly #tell: Tell
  readonly #missed = new Map<string, number>()
  readonly #opened: AsyncDisposableStack
  #hasStarted = false

  private constructor(
    scheduler: Scheduler<Provided>,
    keeper: RoomKeeper,
    timings: Readonly<Record<Name, string>>,
    tell: Tell,
    opened: AsyncDisposableStack,
  ) {
    this.#scheduler = scheduler
    this.#keeper = keeper
    this.#timings = timings
    this.#tell = tell
    this.#opened = opened
    this.#listen()
  }

  /** Opens it, not started yet. Rejects when the folder or an option cannot be. */
  static async open(settings: Settings, { tell }: News): Promise<Service> {
    const { folder } = settings
    await using opening = new AsyncDisposableStack()
    const store = opening.adopt(sqliteStore({ file: join(folder, 'heartbeat.db') }), (store) => store.close())
    const meter = opening.use(startMeter())
    const services: Provided = {
      meter,
      sampleFiles: sampleFilesIn(join(folder, 'samples')),
      reportFile: {
        write: async (text) => {
          await writeFileAtomic(join(folder, 'report.md'), text)
          return 'report.md'
        },
      },
      keptRuns: runsIn(store),
    }
    const pipe = opening.use(createPipe({ services, plugins: [durable({ store, lease: '10s' })] }))
    // Ticks are not recorded, so they have a pipe of their own: a pass that was begun elsewhere is not gone on with.
    const keeper = opening.use(new RoomKeeper(opening.use(createPipe()), roomFileAt(join(folder, 'room.json')), tell))
    const onError = (error: unknown) => tell('news', messageOf(error))
    const scheduler = opening.use(createScheduler(pipe, { store, onError }))
    addSchedules(scheduler, settings)
    await store.open() // nothing is made before all else is known to be right
    return new Service(scheduler, keeper, timings(settings), tell, opening.move())
  }

  async start(): Promise<void> {
    await this.#scheduler.start()
    this.#hasStarted = true
    if (!this.#scheduler.leads) this.#tell('news', 'another process leads: this one takes over when that ends')
  }

  /** Leaves the room, fires nothing more, and waits for what goes on. */
  async stop(): Promise<void> {
    await this.#keeper.leave() // before another process leads, and reads it
    await this.#scheduler.stop()
  }

  async state(): Promise<ServiceState> {
    const infos = new Map((await this.#scheduler.list()).map((info) => [info.name, info]))
    const schedules = names.flatMap((name) => {
      const info = infos.get(name)
      return info ? [{ info, timing: this.#timings[name], missed: this.#missed.get(name) ?? 0 }] : []
    })
    return { now: Date.now(), pid: process.pid, role: this.#role, schedules, room: await this.#keeper.state() }
  }

  get #role(): Role {
    const { state, leads } = this.#scheduler
    if (state === 'stopped') return 'stopped'
    if (leads) return 'leads'
    return this.#hasStarted ? 'follows' : 'starts'
  }

  /** Pauses a schedule, in all processes, or goes on with it. */
  async toggle(name: Name): Promise<void> {
    const info = await this.#scheduler.get(name)
    if (info?.state === 'active') await this.#scheduler.pause(name)
    else await this.#scheduler.resume(name)
  }

  /** Runs a schedule now. */
  async trigger(name: Name): Promise<void> {
    const { outcome } = await this.#scheduler.trigger(name)
    this.#tell('news', `${name} was asked for: ${outcome}`)
  }

  toggleRoom(): void {
    this.#keeper.toggle()
  }

  async tickRoom(): Promise<void> {
    await this.#keeper.tick()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync()
  }

  #listen(): void {
    const tell = this.#tell
    this.#scheduler.events
      .on('scheduler:lead', () => {
        tell('news', `process ${process.pid} leads`)
        void this.#keeper.lead()
      })
      .on('scheduler:follow', () => {
        tell('news', `process ${process.pid} does not lead any more`)
        void this.#keeper.lose()
      })
      .on('schedule:run-end', ({ name, status, manual, output, error }) => {
        const what = error?.message ?? JSON.stringify(output)
        tell(status === 'succeeded' && !manual ? 'run' : 'news', `${name} ${status}: ${what}`)
      })
      .on('schedule:miss', ({ name, count, from, to }) => {
        this.#missed.set(name, (this.#missed.get(name) ?? 0) + count)
        const slots =
          count === 1 ? `its slot at ${timeOf(from)}` : `${count} slots from ${timeOf(from)} to ${timeOf(to)}`
        tell('news', `${name} has missed ${slots}`)
      })
      .on('schedule:skip', ({ name, reason }) => tell('news', `${name} was left out: ${reason}`))
      .on('schedule:pause', ({ name }) => tell('news', `${name} is paused`))
      .on('schedule:resume', ({ name, count }) => tell('news', `${name} goes on; slots left alone: ${count}`))
  }
}
