import { type Clock, isPipelineError, uuidv7 } from '@pipe/core'
import type { StateStore, StoredRun } from '@pipe/state'
import { Draft } from './draft.ts'
import type { Change, Keeper } from './keeper.ts'
import type { Plan } from './options.ts'
import { freshState, type ScheduleState } from './state.ts'

/** What the runs are called in which a store keeps schedules, so that nobody takes them for runs of a pipeline. */
export const SCHEDULES = '@pipe/scheduler'

/** How long a schedule is kept from others by who does something to it, ms: creating a run takes a few. */
const LEASE = 10_000

/** How long to wait for who does something to it, ms: at first, and at most. */
const [FIRST_WAIT, LONGEST_WAIT] = [10, 250]

/** What is written of a schedule. */
interface Record {
  readonly state: ScheduleState
  /** How many crashes are known of. */
  readonly crashes: number
}

const idOf = (name: string) => `schedule/${name}`
/** What is being forgotten has an outcome that says nothing. */
const recordOf = (text = ''): Record | undefined => (text === '' ? undefined : (JSON.parse(text) as Record))

/** Whether nothing has begun of what was to be done. */
const isUntouched = ({ starts, begun }: Draft, error: unknown): boolean =>
  starts.length === 0 || (!begun && isPipelineError(error, 'PIPE_CLOSED'))

/** The one entry of such a run. */
const STATE = 'state'

/**
 * The state of schedules in a store of runs: each is a run that nobody ever ends, taken by who does something to it, who
 * records what it is then and hands it back. So the leases and tokens of the store see to it that one at a time does,
 * whatever dies in between. What it is is said in its outcome too, since lists have that.
 */
export class StoreKeeper implements Keeper {
  readonly #store: StateStore
  readonly #clock: Clock
  /** Who did something to a schedule from here and could not end it; by the name of the schedule. Who goes on has what it had. */
  readonly #left = new Map<string, string>()

  constructor(store: StateStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async change({ rules }: Plan, change: Change): Promise<{ readonly draft: Draft; readonly now: number }> {
    const { name } = rules
    const { owner, goesOn } = this.#ownerOf(name)
    let isHandedBack = false
    try {
      for (let isHalf = goesOn; ; isHalf = true) {
        const { run, fence } = await this.#take(name, owner)
        const { id, crashes } = run
        const now = isHalf ? await this.#store.now() : run.updatedAt
        const record = await this.#recorded(id)
        const draft = new Draft(rules, record?.state ?? freshState())
        try {
          await change(draft, now, isHalf || crashes > (record?.crashes ?? 0))
        } catch (error) {
          // What was started has to be found by whoever is next.
          if (!isHalf && isUntouched(draft, error)) isHandedBack = await this.#handBack(id, fence)
          throw error
        }
        const value = JSON.stringify({ state: draft.state, crashes } satisfies Record)
        if (!(await this.#store.commit(id, fence, [{ key: STATE, value, final: false }]))) continue
        isHandedBack = await this.#handBack(id, fence, value)
        return { draft, now }
      }
    } finally {
      if (!isHandedBack) this.#left.set(name, owner)
    }
  }

  async read(name: string): Promise<ScheduleState | undefined> {
    return (await this.#recorded(idOf(name)))?.state
  }

  async readAll(): ReturnType<Keeper['readAll']> {
    const states = new Map<string, ScheduleState>()
    let after: string | undefined
    do {
      const { items, next } = await this.#store.list({ pipeline: SCHEDULES }, 1_000, after)
      for (const run of items) {
        if (run.id !== idOf(run.data)) continue // what the leader has
        // While somebody does something to it, and after somebody who died of it, there is no outcome.
        const record = recordOf(run.outcome) ?? (await this.#recorded(run.id))
        if (record !== undefined) states.set(run.data, record.state)
      }
      after = next
    } while (after !== undefined)
    return { states, now: await this.#store.now() }
  }

  async forget({ rules: { name } }: Plan): Promise<void> {
    const { run, fence } = await this.#take(name, this.#ownerOf(name).owner)
    await this.#store.end(run.id, fence, 'cancelled', '')
    await this.#store.delete(run.id)
  }

  async #recorded(id: string): Promise<Record | undefined> {
    const { items } = await this.#store.entries(id)
    return recordOf(items.find(({ key }) => key === STATE)?.value)
  }

  /** Who does something to a schedule: one at a time has the name of who could not end it. */
  #ownerOf(name: string): { readonly owner: string; readonly goesOn: boolean } {
    const left = this.#left.get(name)
    this.#left.delete(name)
    return { owner: left ?? `scheduler:${uuidv7()}`, goesOn: left !== undefined }
  }

  /** Answers whether it is certain; else the lease runs out, unless it is gone on with from here. */
  async #handBack(id: string, fence: number, value?: string): Promise<boolean> {
    return await this.#store.release(id, fence, 'waiting', value).catch(() => false)
  }

  /** Takes a schedule, as soon as nobody else has it. */
  async #take(name: string, owner: string): Promise<{ readonly run: StoredRun; readonly fence: number }> {
    const request = { owner, leaseMs: LEASE, maxCrashes: Number.MAX_SAFE_INTEGER }
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      const { run, fence } = await this.#store.acquire({ id: idOf(name), pipeline: SCHEDULES, data: name }, request)
      if (fence !== null) return { run, fence }
      if (run.endedAt !== undefined) {
        await this.#store.delete(run.id) // who was to forget it died before it could
        continue
      }
      await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, wait))
    }
  }
}
