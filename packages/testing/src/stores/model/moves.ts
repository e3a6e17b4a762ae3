import type { Command, EndStatus } from '@pipe/state'
import fc from 'fast-check'

/** What is done to one run by one client. Tokens are chosen by how old they are: 0 is the last one. */
export type Move =
  | {
      readonly do: 'acquire'
      readonly owner: number
      readonly maxCrashes: number
      readonly anew: boolean
      readonly data: string
    }
  | { readonly do: 'renew'; readonly token: number }
  | { readonly do: 'release'; readonly token: number; readonly as: 'waiting' | 'blocked'; readonly why: string }
  | { readonly do: 'commit'; readonly token: number; readonly entries: readonly MoveEntry[] }
  | { readonly do: 'end'; readonly token: number; readonly as: EndStatus; readonly why: string }
  | { readonly do: 'command'; readonly command: Command; readonly why: string }
  | { readonly do: 'revive' }
  | { readonly do: 'delete' }
  | { readonly do: 'get' }

interface MoveEntry {
  readonly key: string
  readonly value: string
  readonly final: boolean
}

/** A move, which run it is about, and which client makes it. */
export interface Made {
  readonly run: number
  readonly client: number
  readonly move: Move
}

/** What happens next: moves at the same time; a lease that runs out; or runs that are forgotten. */
export type Scene =
  | { readonly kind: 'moves'; readonly made: readonly Made[] }
  | { readonly kind: 'lapse'; readonly run: number }
  | { readonly kind: 'purge'; readonly statuses: readonly EndStatus[]; readonly limit: number }

/** So many runs and clients a history has. */
export const RUNS = 2
export const CLIENTS = 3

const token = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.constantFrom(1, 2) })
const text = fc.constantFrom('', 'why', '\u0000', '\ud800', '"')
const end = fc.constantFrom<EndStatus>('succeeded', 'failed', 'cancelled')
const entry = fc.record<MoveEntry>({
  key: fc.constantFrom('a', 'b', '\ud800', '__proto__'),
  value: fc.constantFrom('', '1', '2', 'a\u0000b', '\udc00'),
  final: fc.boolean(),
})

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('acquire'),
      owner: fc.nat(2),
      maxCrashes: fc.nat(2),
      anew: fc.nat(5).map((n) => n === 5),
      data: fc.constantFrom('{}', 'other'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('renew'), token }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('release'), token, as: fc.constantFrom('waiting', 'blocked'), why: text }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('commit'), token, entries: fc.array(entry, { maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end'), token, as: end, why: text }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('command'),
      command: fc.constantFrom('run', 'run', 'pause', 'cancel'),
      why: text,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'revive' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'delete' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'get' } as const) },
)

const made = fc.record<Made>({ run: fc.nat(RUNS - 1), client: fc.nat(CLIENTS - 1), move })

const scene: fc.Arbitrary<Scene> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('moves'), made: fc.array(made, { minLength: 1, maxLength: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('lapse'), run: fc.nat(RUNS - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('purge'),
      statuses: fc.uniqueArray(end, { minLength: 1 }),
      limit: fc.constantFrom(1, 10),
    }),
  },
)

/** Random histories of a few runs. */
export const histories: fc.Arbitrary<readonly Scene[]> = fc.array(scene, { minLength: 1, maxLength: 30, size: 'max' })
