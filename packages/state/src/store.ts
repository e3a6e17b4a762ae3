/**
 * What a run is doing, as the store knows it.
 *
 * - `running`: somebody took it. With a lease that has run out it is *stalled*: whoever has it died, or hangs.
 * - `waiting`: nobody has it, anybody may take it: it was handed back, or revived.
 * - `blocked`: as `waiting`, but whoever had it could not go on; `outcome` says why.
 * - `dead`: it crashed too often, and nobody may take it until it is revived.
 * - `succeeded`, `failed`, `cancelled`: it has ended, once and for all.
 */
export type StoredStatus = 'running' | 'waiting' | 'blocked' | 'dead' | EndStatus

/** How a run ends. */
export type EndStatus = 'succeeded' | 'failed' | 'cancelled'

/** What a run is asked to do, by anybody at any time: `run` until somebody asks otherwise. */
export type Command = 'run' | 'pause' | 'cancel'

/**
 * What a run is doing now, by its status, what it is asked to do, and the clock of the store: of a run that is `running`,
 * `waiting` or `blocked`, what it is asked to do goes first. One that is asked to pause is `paused`, one that is asked to
 * cancel is `cancelling`, whoever has it; one that is `running` with a lease that has run out is `stalled`.
 */
export type RunState = StoredStatus | 'stalled' | 'paused' | 'cancelling'

/** What is known of a run when it is created. Written once. */
export interface NewRun {
  /** 1 to 200 characters of `A-Z a-z 0-9 . _ : @ + = -` and `/`; see {@link isRunId}. */
  readonly id: string
  /** Name of the pipeline, 1 to 200 characters. */
  readonly pipeline: string
  /** Anything else: the store keeps it as it is and never looks into it. */
  readonly data: string
}

/** A run as a store has it. Times are epoch ms of the clock of the store. */
export interface StoredRun extends NewRun {
  readonly status: StoredStatus
  readonly command: Command
  /** Why it was asked to do that, as given. */
  readonly reason?: string
  /** Once it has ended, what it ended with; while it is blocked, why. Never looked into. */
  readonly outcome?: string
  /** Who has it, or had it last. */
  readonly owner?: string
  /**
   * The token of the last lease; 0 before the first. Rises with every lease and never falls, also when the run began anew
   * or was forgotten and created again in between.
   */
  readonly fence: number
  /** When the lease ends, or 0 when nobody has it. */
  readonly leaseUntil: number
  /** How often its lease ran out with nobody handing it back, since it was created or revived. */
  readonly crashes: number
  readonly createdAt: number
  /** When any of this, or any of its entries, last changed; a renewal does not count. */
  readonly updatedAt: number
  /** When it ended. */
  readonly endedAt?: number
}

/** Something that was recorded of a run: of a step, an item, a wait. */
export interface Entry {
  /** Unique in its run; 1 to 2,000 characters, any but NUL. */
  readonly key: string
  /** Never looked into; any string, as long as {@link StateStore.maxValueBytes} allows. */
  readonly value: string
  /** A final entry is written once: a later one with its key changes nothing. Others are replaced. */
  readonly final: boolean
}

/** Who asks for a run, and for how long. */
export interface LeaseRequest {
  /**
   * Names this one execution, 1 to 200 characters: another execution, be it in the same process, is another owner. Who
   * asks again with the same name, since the answer was lost, gets the lease that it has.
   */
  readonly owner: string
  /** How long it is to be the owner's unless renewed, ms. */
  readonly leaseMs: number
  /** How many crashes are forgiven: the one after makes the run `dead`. */
  readonly maxCrashes: number
  /** Whether what is known of the run is forgotten, and it begins anew. Not while somebody has it. Default false. */
  readonly anew?: boolean
}

/** The answer to a request for a run. */
export interface Acquired {
  /** The token of the lease; `null` when the run cannot be had: `run` says why. */
  readonly fence: number | null
  /** Whether nothing was known of the run before, or is any more. */
  readonly created: boolean
  readonly run: StoredRun
}

/** What a run that somebody has is asked to do. */
export interface Renewed {
  readonly command: Command
  readonly reason?: string
}

/** Which runs. What is absent does not matter. */
export interface RunFilter {
  readonly pipeline?: string
  /** Only those that are in one of these states at the time of the store. */
  readonly states?: readonly RunState[]
  /** Created at or after, epoch ms. */
  readonly since?: number
  /** Created before, epoch ms. */
  readonly until?: number
}

/** Some of a list, and where the rest begins. */
export interface Page<T> {
  readonly items: readonly T[]
  /** To be handed back for what follows; absent when nothing does. */
  readonly next?: string
}

/**
 * The durable state of runs: what a run needs to go on in another process. It keeps, and never judges: what the strings
 * mean is the business of `durable()`.
 *
 * A lease is good while its token is the last one of the run, and the run was neither handed back nor has ended: also
 * when its time has run out, as long as nobody else took the run.
 *
 * Nothing is forgotten but by `delete`, by `purge` and by beginning anew, however long nobody asks for it.
 *
 * Time is that of the store: clocks of clients are never compared with it. It may be set, since the clock of a machine may.
 * Set forwards, leases run out early; their tokens are good as ever until somebody else takes the run. Set back, no lease
 * lasts longer than it was asked for: one that was given in what is now the future begins anew when somebody else asks for
 * the run or runs are listed.
 *
 * Every method is atomic: all of it happens, or nothing, whatever dies in between, and for whoever looks at the same
 * time. Of `purge` that holds for each run: it may have forgotten only some. Each may be called again when its answer was lost: the second call does what the first did. All methods reject
 * before `open` and after `close`, with `STORE_CLOSED`; with `STORE_UNAVAILABLE` when the store cannot be reached now, but
 * may be later; and with `OPTION_INVALID` for an id, a key, a value or a number that cannot be. `describeStore` of
 * `@pipe/testing` is the same in tests.
 */
export interface StateStore {
  /** What it is: `memory`, `sqlite`, `redis`. For messages. */
  readonly name: string
  /** Whether what it has answered for outlives the process, however that ends. */
  readonly durable: boolean
  /** Whether several processes may use it at the same time, each of which sees at once what the others wrote. */
  readonly shared: boolean
  /** Longest value of an entry, of `data` and of `outcome`, in bytes of UTF-8. */
  readonly maxValueBytes: number

  /** Gets ready: checks the server, makes tables. May be called again: only the first call does anything. */
  open(): Promise<void>
  /** Lets go of what `open` took. May be called again. What was given by the user is left open. */
  close(): Promise<void>

  /**
   * Takes a run, and creates it when nothing is known of it.
   *
   * It can be had unless it has ended, is dead, is asked to pause, or another owner has it whose lease has not run out.
   * Taking a run whose lease ran out counts as a crash, before anything is done with it. What `run` says of a run that
   * exists changes nothing, unless it begins anew.
   */
  acquire(run: NewRun, request: LeaseRequest): Promise<Acquired>
  /** Extends a good lease to `leaseMs` from now; `null` for any other. */
  renew(id: string, fence: number, leaseMs: number): Promise<Renewed | null>
  /**
   * Hands a run back, for anybody to take. Answers whether the lease was good, or was handed back so before.
   */
  release(id: string, fence: number, as: 'waiting' | 'blocked', outcome?: string): Promise<boolean>
  /**
   * Records `entries`, all of them. Answers whether the lease was good: nothing is recorded otherwise. More than it can
   * record at once, a store refuses with `OPTION_INVALID`, all of it.
   */
  commit(id: string, fence: number, entries: readonly Entry[]): Promise<boolean>
  /** Ends a run and its lease. Answers whether the lease was good, or has ended the run so before. */
  end(id: string, fence: number, as: EndStatus, outcome: string): Promise<boolean>

  /** What is known of a run. */
  get(id: string): Promise<StoredRun | undefined>
  /**
   * The entries of a run, each once, in the order and as many at a time as suits the store; those that are recorded while
   * pages are turned may be missing. `after` is the `next` of the page before.
   */
  entries(id: string, after?: string): Promise<Page<Entry>>
  /** Runs, the last created first, at most `limit` (1 to 1,000) at a time. `after` is the `next` of the page before. */
  list(filter: RunFilter, limit: number, after?: string): Promise<Page<StoredRun>>

  /**
   * Asks a run to do something. It is whoever has the run that does it; a run that nobody has is asked all the same. Not
   * one that has ended. A run that is asked to cancel cannot be asked anything else.
   *
   * @returns the run as it is now; `undefined` when nothing is known of it
   */
  command(id: string, command: Command, reason?: string): Promise<StoredRun | undefined>
  /** Lets a dead run be taken again: it is `waiting`, without crashes. Changes no other. */
  revive(id: string): Promise<StoredRun | undefined>
  /**
   * Forgets a run that has ended, with its entries. Leaves any other as it is.
   *
   * @returns the run, which has not ended; `undefined` when nothing is known of it, or is any more
   */
  delete(id: string): Promise<StoredRun | undefined>
  /**
   * Forgets runs that have ended, with their entries: those in `statuses` that ended before `before` (epoch ms), at most
   * `limit` of them, those that ended first.
   *
   * @returns how many were forgotten
   */
  purge(statuses: readonly EndStatus[], before: number, limit: number): Promise<number>
  /** The time of the store, epoch ms. */
  now(): Promise<number>

  /**
   * Calls `listener` with the id of a run that was asked to do something, soon after it was. A hint: it may be late, and
   * may not come; what was asked is also in the answer to the next renewal.
   *
   * @returns a function that ends it
   */
  watch?(listener: (id: string) => void): () => void
}
