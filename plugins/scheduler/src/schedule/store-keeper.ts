import { type Clock, isPipelineError, PipelineError, uuidv7 } from '@pipe/core'
import type { StateStore, StoredRun } from '@pipe/state'
import { Draft } from './draft.ts'
import type { Change, Keeper } from './keeper.ts'
import type { News } from './news.ts'
import type { Rules } from './rules.ts'
import { freshState, type ScheduleState } from './state.ts'

/** What the runs are called in which a store keeps schedules, so that nobody takes them for runs of a pipeline. */
export const SCHEDULES = '@pipe/scheduler'

/** How long a schedule is kept from others by who does something to it, ms: creating a run takes a few. */
const LEASE = 10_000

/** How long to wait for who does something to it, ms: at first, and at most. */
const [FIRST_WAIT, LONGEST_WAIT] = [10, 250]

/** A process that begins to lead does so within this time of being started, ms: it knows of no earlier slots of what is new. */
const LONGEST_TAKEOVER = 60_000

/** What is written of a schedule. */
interface Kept {
  readonly state: ScheduleState
  /** Whose it is. */
  readonly group: string
  /** How many crashes are known of. */
  readonly crashes: number
}

const idOf = (name: string) => `schedule/${name}`
/** What is being forgotten has an outcome that says nothing. */
const keptOf = (text = ''): Kept | undefined => (text === '' ? undefined : (JSON.parse(text) as Kept))

/** Whether nothing has begun of what was to be done. */
const isUntouched = ({ starts, begun }: Draft, error: unknown): boolean =>
  starts.length === 0 || (!begun && isPipelineError(error, 'PIPE_CLOSED'))

/** Who does something to a schedule. */
const newOwner = () => `scheduler:${uuidv7()}`

/** What somebody could not end. Who goes on with it has the schedule that it had. */
interface Left {
  readonly owner: string
  /** What was to be kept last, and to be told once it was. */
  readonly sent: { readonly value: string; readonly news: readonly News[] } | undefined
}

function notOurs(name: string, group: string): PipelineError {
  const message = `Schedule "${name}" is kept in this store for group "${group}": give it another name, or remove it there first.`
  return new PipelineError('SCHEDULE_STATE', message)
}

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
  readonly #group: string
  /** Who did something to a schedule from here and could not end it; by the name of the schedule. */
  readonly #left = new Map<string, Left>()

  constructor(store: StateStore, clock: Clock, group: string) {
    this.#store = store
    this.#clock = clock
    this.#group = group
  }

  async change(rules: Rules, since: number, change: Change): Promise<{ readonly draft: Draft; readonly now: number }> {
    const { name } = rules
    const left = this.#takeUp(name)
    const owner = left?.owner ?? newOwner()
    let sent = left?.sent
    let isHandedBack = false
    try {
      for (let isHalf = left !== undefined; ; isHalf = true) {
        const { run, fence } = await this.#take(name, owner)
        const { id, crashes } = run
        const now = isHalf ? await this.#store.now() : run.updatedAt
        const text = await this.#textOf(id)
        const kept = keptOf(text)
        const begin = Math.min(now, Math.max(since, now - LONGEST_TAKEOVER))
        const draft = new Draft(rules, kept?.state ?? freshState(begin))
        if (text !== undefined && sent?.value === text) draft.news.push(...sent.news) // it was kept, and the answer lost
        try {
          if (kept !== undefined && kept.group !== this.#group) throw notOurs(name, kept.group)
          await change(draft, now, isHalf || crashes > (kept?.crashes ?? 0))
        } catch (error) {
          // What was started has to be found by whoever is next.
          if (!isHalf && isUntouched(draft, error)) isHandedBack = await this.#handBack(id, fence)
          throw error
        }
        const value = JSON.stringify({ state: draft.state, group: this.#group, crashes } satisfies Kept)
        sent = { value, news: draft.news }
        if (!(await this.#store.commit(id, fence, [{ key: STATE, value, final: false }]))) continue
        sent = undefined
        isHandedBack = await this.#handBack(id, fence, value)
        return { draft, now }
      }
    } finally {
      if (!isHandedBack) this.#left.set(name, { owner, sent })
    }
  }

  async read(name: string): Promise<ScheduleState | undefined> {
    return keptOf(await this.#textOf(idOf(name)))?.state
  }

  async readAll(): ReturnType<Keeper['readAll']> {
    const states = new Map<string, ScheduleState>()
    let after: string | undefined
    do {
      const { items, next } = await this.#store.list({ pipeline: SCHEDULES }, 1_000, after)
      for (const run of items) {
        if (run.id !== idOf(run.data) || run.endedAt !== undefined) continue // what the leader has, or is being forgotten
        // While somebody does something to it, and after somebody who died of it, there is no outcome.
        const kept = keptOf(run.outcome) ?? keptOf(await this.#textOf(run.id))
        if (kept?.group === this.#group) states.set(run.data, kept.state)
      }
      after = next
    } while (after !== undefined)
    return { states, now: await this.#store.now() }
  }

  async forget(name: string): Promise<ScheduleState | undefined> {
    const left = this.#takeUp(name) ?? { owner: newOwner(), sent: undefined }
    try {
      const { run, fence } = await this.#take(name, left.owner)
      const state = keptOf(await this.#textOf(run.id))?.state
      await this.#store.end(run.id, fence, 'cancelled', '')
      await this.#store.delete(run.id)
      return state
    } catch (error) {
      this.#left.set(name, left)
      throw error
    }
  }

  /** What is kept of a schedule, as it is written. */
  async #textOf(id: string): Promise<string | undefined> {
    const { items } = await this.#store.entries(id)
    return items.find(({ key }) => key === STATE)?.value
  }

  /** What was left half done, for the one who goes on with it. */
  #takeUp(name: string): Left | undefined {
    const left = this.#left.get(name)
    this.#left.delete(name)
    return left
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
