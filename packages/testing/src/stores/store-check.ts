import type { Awaitable } from '@pipe/core'
import type { StateStore } from '@pipe/state'

/** Where a store keeps its runs, for one check: a file, a schema, a prefix of keys that nobody else uses. */
export interface StoreBackend {
  /**
   * Makes a new client of the backend, not opened yet; the check opens and closes it. Of a store that is not `shared` one
   * is open at a time, and one that is not `durable` either has its runs in the client: `() => memoryStore()`.
   */
  readonly client: () => StateStore
  /**
   * Lets so many ms pass on the clock of the store, where it has one that can be set: `(ms) => clock.advance(ms)`.
   * Default: the check waits, some milliseconds each time; what takes hours is not tried.
   */
  readonly advance?: (ms: number) => Awaitable<void>
  /**
   * Sets the clock of the store by so many ms, forwards or (below 0) back, as somebody does who corrects it, where it can be
   * set: `(ms) => clock.adjust(ms)`. Default: not tried.
   */
  readonly adjust?: (ms: number) => Awaitable<void>
  /**
   * Makes a client that opens as any other and is then cut off: the backend gets that many commands (statements, scripts;
   * from 0 up) of it and carries them out, the one after never arrives, and the call rejects. Default: not tried.
   */
  readonly cutOff?: (commands: number) => StateStore
  /**
   * Kills the process that the clients are in, or does what comes to the same: what they have not handed over yet is lost.
   * Answers with the backend as the next process finds it; of this one nothing is used any more but `remove`, and `close` of its
   * clients. Default: not tried.
   */
  readonly reopen?: () => Awaitable<StoreBackend>
  /** Removes what there is, after the check has closed its clients. Default: nothing to do. */
  readonly remove?: () => Awaitable<void>
}

/** What the conformance suite has to know of a store. */
export interface StoreCheckOptions {
  /**
   * How many random histories are compared with the model: a whole number from 1 up. Default 100, the same ones each time;
   * the environment variable PIPE_PROPERTY_RUNS asks for that many new ones instead.
   */
  readonly histories?: number
}

/** One rule of the contract, for one store. */
export interface StoreCheck {
  /** The rule, as the rest of a sentence about a store: `gives a run to one owner at a time`. */
  readonly name: string
  /**
   * Resolves when the store keeps the rule. Rejects otherwise with a `PipelineError` of code `STORE_UNFIT`, whose message
   * says which store, which rule, what was seen and what to do; what the store threw, if it did, is the cause.
   */
  run(): Promise<void>
}
