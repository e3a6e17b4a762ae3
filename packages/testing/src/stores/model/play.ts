import { messageOf } from '@pipe/core'
import type { EndStatus, StateStore, StoredRun } from '@pipe/state'
import { all, by, entriesOf, LONG, newId } from '../asking.ts'
import type { Stage } from '../stage.ts'
import { CLIENTS, type Made, type Move, RUNS, type Scene } from './moves.ts'
import { type Answer, type Call, follow, inWords, reads, type RunModel } from './run-model.ts'

/** A run of a history: the states of the model in which it may be, and the tokens that were given for it. */
interface Played {
  states: readonly RunModel[]
  readonly tokens: number[]
}

/** A call that was made, and what the store answered. */
interface Asked {
  readonly made: Made
  readonly call: Call
  readonly answer: Answer
}

/** What happened, in lines, and why it cannot have; nothing of that when all is well. */
export class Mismatch extends Error {}

/**
 * Plays a history with a store and with the model side by side. Moves of one scene are made at the same time: their
 * answers must be those that the model gives in some order of them.
 *
 * @throws Mismatch when the model cannot explain what the store answers or has
 */
export async function play(stage: Stage, clients: readonly StateStore[], history: readonly Scene[]): Promise<void> {
  const pipeline = newId()
  const runs: Played[] = Array.from({ length: RUNS }, () => ({
    states: [{ id: newId(), known: null, fence: 0 }],
    tokens: [],
  }))
  const log: string[] = []
  try {
    for (const scene of history) {
      if (scene.kind === 'moves') await makeMoves(clients, runs, scene.made, pipeline, log)
      else if (scene.kind === 'lapse') await lapse(stage, runs[scene.run]!, scene.run, log)
      else await purge(stage, runs, scene.statuses, scene.limit, log)
      for (const [i, run] of runs.entries()) await agree(clients[i % CLIENTS]!, run, i, log)
    }
    await agreeOnList(stage.other, runs, pipeline, log)
  } finally {
    // What ended must not be in the way of the next history.
    await stage.store.purge(['succeeded', 'failed', 'cancelled'], (await stage.store.now()) + LONG, 1_000)
  }
}

async function makeMoves(
  clients: readonly StateStore[],
  runs: readonly Played[],
  made: readonly Made[],
  pipeline: string,
  log: string[],
): Promise<void> {
  const asked = await Promise.all(
    made.map(async (one): Promise<Asked> => {
      const run = runs[one.run]!
      const call = callOf(one.move, run, pipeline)
      const answer = await ask(clients[one.client]!, run.states[0]!.id, call).catch((error: unknown) => {
        throw mismatch([...log, told(one, call)], `which rejects: ${messageOf(error)}`, { cause: error })
      })
      return { made: one, call, answer }
    }),
  )
  const line = asked.map(({ made, call, answer }) => `${told(made, call)} → ${short(answer)}`)
  log.push(line.length === 1 ? line[0]! : `at once (${line.join(', ')})`)
  for (const [i, run] of runs.entries()) {
    const own = asked.filter(({ made }) => made.run === i)
    const before = run.states
    run.states = [
      ...new Map(before.flatMap((state) => inAnyOrder(state, own)).map((s) => [JSON.stringify(s), s])).values(),
    ]
    if (run.states.length === 0)
      throw mismatch(log, `which no order explains when run ${i} is ${before.map(inWords).join(' or ')} before`)
    for (const { answer } of own) {
      const fence = isAcquired(answer) ? answer.fence : null
      if (fence !== null && !run.tokens.includes(fence)) run.tokens.unshift(fence)
    }
    run.tokens.sort((a, b) => b - a)
  }
}

/** The states in which a run can be after `asked`, if the answers fit some order of them. */
function inAnyOrder(state: RunModel, asked: readonly Asked[]): readonly RunModel[] {
  if (asked.length === 0) return [state]
  return asked.flatMap((one, i) => {
    const next = follow(state, one.call, one.answer)
    return next === undefined ? [] : inAnyOrder(next, asked.toSpliced(i, 1))
  })
}

/** Lets the lease of a run end: whoever has it asks for 1 ms more, and then nothing. */
async function lapse({ store, pass }: Stage, run: Played, i: number, log: string[]): Promise<void> {
  const state = run.states[0]!
  if (state.known?.status !== 'running') return
  await store.renew(state.id, state.fence, 1)
  await pass(3)
  run.states = run.states.map((one) => (one.known === null ? one : { ...one, known: { ...one.known, lapsed: true } }))
  log.push(`the lease of run ${i} runs out`)
}

async function purge(
  { store, pass }: Stage,
  runs: readonly Played[],
  statuses: readonly EndStatus[],
  limit: number,
  log: string[],
): Promise<void> {
  await pass(1)
  const found = await Promise.all(runs.map(({ states }) => store.get(states[0]!.id)))
  const asked = found.filter((run): run is StoredRun => run !== undefined && statuses.some((one) => one === run.status))
  const gone =
    asked.length > limit ? asked.filter((run) => asked.every((one) => (run.endedAt ?? 0) <= (one.endedAt ?? 0))) : asked
  const count = await store.purge(statuses, (await store.now()) + LONG, limit)
  log.push(`purge ${statuses.join()} ${limit} → ${count}`)
  if (count !== Math.min(limit, asked.length)) throw mismatch(log, `when ${asked.length} had ended so`)
  for (const run of runs) {
    const { id } = run.states[0]!
    if (!gone.some((one) => one.id === id)) continue
    // Of those that ended in the same ms, it may be either.
    if (gone.length > limit && (await store.get(id)) !== undefined) continue
    run.states = run.states.map((one) => ({ ...one, known: null }))
  }
}

/** Compares all that can be read of a run with the model. */
async function agree(store: StateStore, run: Played, i: number, log: readonly string[]): Promise<void> {
  const { id } = run.states[0]!
  const [seen, seenEntries] = [await store.get(id), await entriesOf(store, id)]
  const before = run.states
  run.states = before.filter((state) => {
    const expected = state.known?.entries ?? []
    return (
      reads(state, seen) &&
      expected.length === seenEntries.size &&
      expected.every(({ key, value, final }) => {
        const entry = seenEntries.get(key)
        return entry?.value === value && entry.final === final
      })
    )
  })
  if (run.states.length > 0) return
  const expected = before.map(inWords).join(' or ')
  throw mismatch(
    log,
    `after which run ${i} is ${JSON.stringify({ ...seen, entries: [...seenEntries.values()] })} instead of ${expected}`,
  )
}

async function agreeOnList(store: StateStore, runs: readonly Played[], pipeline: string, log: readonly string[]) {
  const listed = await all((after) => store.list({ pipeline }, 1, after))
  const expected = runs.filter(({ states }) => states[0]!.known?.pipeline === pipeline)
  const right =
    listed.length === expected.length &&
    expected.every(({ states }) => listed.some((run) => reads(states[0]!, run))) &&
    listed.every(({ createdAt }, i) => i === 0 || createdAt <= listed[i - 1]!.createdAt)
  if (!right) throw mismatch(log, `after which the list is ${JSON.stringify(listed)}`)
}

function callOf(move: Move, { tokens, states }: Played, pipeline: string): Call {
  const token = (age: number) => tokens[age] ?? tokens.at(-1) ?? 1
  switch (move.do) {
    case 'acquire': {
      const { owner, anew, maxCrashes, data } = move
      const run = { id: states[0]!.id, pipeline, data }
      return { do: 'acquire', run, request: by(`owner ${owner}`, { anew, maxCrashes }) }
    }
    case 'renew':
      return { do: 'renew', fence: token(move.token) }
    case 'release': {
      const { as, why } = move
      return { do: 'release', fence: token(move.token), as, ...(as === 'blocked' && { outcome: why }) }
    }
    case 'commit':
      return { do: 'commit', fence: token(move.token), entries: move.entries }
    case 'end':
      return { do: 'end', fence: token(move.token), as: move.as, outcome: move.why }
    case 'command':
      return { do: 'command', command: move.command, ...(move.why !== '' && { reason: move.why }) }
    case 'revive':
    case 'delete':
    case 'get':
      return move
  }
}

function ask(store: StateStore, id: string, call: Call): Promise<Answer> {
  switch (call.do) {
    case 'acquire':
      return store.acquire(call.run, call.request)
    case 'renew':
      return store.renew(id, call.fence, LONG)
    case 'release':
      return store.release(id, call.fence, call.as, call.outcome)
    case 'commit':
      return store.commit(id, call.fence, call.entries)
    case 'end':
      return store.end(id, call.fence, call.as, call.outcome)
    case 'command':
      return store.command(id, call.command, call.reason)
    case 'revive':
      return store.revive(id)
    case 'delete':
      return store.delete(id)
    case 'get':
      return store.get(id)
  }
}

const isAcquired = (answer: Answer): answer is Extract<Answer, { readonly created: boolean }> =>
  typeof answer === 'object' && answer !== null && 'created' in answer

function told({ run, client, move }: Made, call: Call): string {
  const { do: what, ...more } = { ...move, ...('fence' in call && { token: call.fence }) }
  return `client ${client}: ${what} run ${run} ${Object.keys(more).length === 0 ? '' : JSON.stringify(more)}`.trimEnd()
}

const short = (answer: Answer): string => {
  if (isAcquired(answer))
    return JSON.stringify({ fence: answer.fence, created: answer.created, status: answer.run.status })
  return answer === undefined ? 'undefined' : JSON.stringify(answer)
}

const mismatch = (log: readonly string[], why: string, options?: ErrorOptions) =>
  new Mismatch(`${log.join('; then ')}; ${why}`, options)
