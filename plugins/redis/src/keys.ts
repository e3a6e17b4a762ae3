/**
 * The keys of a store. All of a run have one hash tag, and all of the index have one, so that on a cluster no script
 * touches two slots. An id has no braces: the tag is the whole id, and no two runs have the same keys.
 */
export interface Keys {
  /** A hash: what is known of the run itself. */
  readonly run: (id: string) => string
  /** A hash: the entries of the run by their keys. */
  readonly entries: (id: string) => string
  /** A list: the keys of the entries, in the order in which they came. */
  readonly order: (id: string) => string
  /** Sorted sets of places, see `place.ts`: of all runs, of those that have not ended, of those that have. */
  readonly created: string
  readonly live: string
  readonly ended: string
  /** The first two again, for the runs of one pipeline; its name as it is sent. */
  readonly createdOf: (pipeline: string) => string
  readonly liveOf: (pipeline: string) => string
  /** There while somebody looks for runs that the index lost, and for some time after. */
  readonly swept: string
  /** The channel of commands. Messages are ids of runs. */
  readonly commands: string
}

/** The keys that begin with `prefix`. */
export const keysOf = (prefix: string): Keys => ({
  run: (id) => `${prefix}:{${id}}:run`,
  entries: (id) => `${prefix}:{${id}}:entries`,
  order: (id) => `${prefix}:{${id}}:order`,
  created: `${prefix}:{index}:created`,
  live: `${prefix}:{index}:live`,
  ended: `${prefix}:{index}:ended`,
  createdOf: (pipeline) => `${prefix}:{index}:created:${pipeline}`,
  liveOf: (pipeline) => `${prefix}:{index}:live:${pipeline}`,
  swept: `${prefix}:{index}:swept`,
  commands: `${prefix}:commands`,
})
