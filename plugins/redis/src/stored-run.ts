import type { Command, StoredRun, StoredStatus } from '@pipe/state'
import { listOf, strange, textOf } from './reply.ts'
import { fromWire } from './wire.ts'

const statuses: readonly StoredStatus[] = ['running', 'waiting', 'blocked', 'dead', 'succeeded', 'failed', 'cancelled']
const commands: readonly Command[] = ['run', 'pause', 'cancel']

/** The one of `words` that is `text`. What else is there was not written by this store. */
function wordOf<W extends string>(words: readonly W[], text: unknown): W {
  const word = words.find((one) => one === text)
  if (word === undefined) throw strange(text)
  return word
}

/** The time of a place, epoch ms. */
const msOf = (place: unknown) => Math.floor(Number(textOf(place)) / 1_000)

/** The command and its reason, as scripts answer them. */
export const requestOf = (
  command: unknown,
  reason: unknown,
): { readonly command: Command; readonly reason?: string } => ({
  command: wordOf(commands, command),
  ...(reason !== null && { reason: fromWire(textOf(reason)) }),
})

/** The run that `row()` of a script answered, and its place in the index. */
export function storedRunOf(id: string, reply: unknown): { readonly run: StoredRun; readonly place: string } {
  const fields = listOf(reply)
  const [pipeline, data, status, command, reason, outcome, owner, fence, lease, crashes, created, updated, ended] =
    fields
  const run: StoredRun = {
    id,
    pipeline: fromWire(textOf(pipeline)),
    data: fromWire(textOf(data)),
    status: wordOf(statuses, status),
    ...requestOf(command, reason),
    ...(outcome !== null && { outcome: fromWire(textOf(outcome)) }),
    ...(owner !== null && { owner: fromWire(textOf(owner)) }),
    fence: Number(fence),
    leaseUntil: Number(lease),
    crashes: Number(crashes),
    createdAt: msOf(created),
    updatedAt: Number(updated),
    ...(ended !== null && { endedAt: msOf(ended) }),
  }
  return { run, place: textOf(created) }
}

/** As {@link storedRunOf}; `undefined` when nothing is known of it. */
export const runOrNone = (id: string, reply: unknown): StoredRun | undefined =>
  reply === null ? undefined : storedRunOf(id, reply).run
