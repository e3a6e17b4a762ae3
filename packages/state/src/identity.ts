import { hash } from 'node:crypto'
import { sorted } from './canonical.ts'
import { type Codec, jsonCodec } from './codec.ts'

type Writer = Pick<Codec, 'name' | 'encode'>

/** For what no codec takes, such as instances of classes: by the fields that JSON sees. No codec has such a name. */
const LOOSE: Writer = { name: '*', encode: (value) => JSON.stringify(value) }

/** What an item can be written by, the first that takes it: JSON first, so that another codec changes nothing for plain data. */
const writersOf = (codec: Codec): readonly Writer[] => [jsonCodec, codec, LOOSE]

/** What tells one item from another: equal for what is written alike, in whatever order fields are; `undefined` for what cannot be written. */
export function identityOf(codec: Codec, item: unknown): string | undefined {
  for (const writer of writersOf(codec)) {
    const identity = identityBy(writer, item)
    if (identity !== undefined) return identity
  }
  return undefined
}

/** Whether an item is the one that had this identity, as far as it can be told here. */
export function hasIdentity(codec: Codec, item: unknown, identity: string): boolean {
  const name = identity.slice(0, identity.indexOf(':'))
  const writer = writersOf(codec).find((one) => one.name === name)
  return writer === undefined || identityBy(writer, item) === identity
}

function identityBy(writer: Writer, item: unknown): string | undefined {
  try {
    return `${writer.name}:${hash('sha1', writer.encode(sorted(item)), 'base64url')}`
  } catch {
    return undefined
  }
}
