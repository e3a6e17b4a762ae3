import type {
  Acquired,
  Command,
  EndStatus,
  Entry,
  LeaseRequest,
  NewRun,
  Renewed,
  StoredRun,
  StoredStatus,
} from '@pipe/state'

/** What the model knows of a run: plain data, without times. */
interface Known {
  readonly pipeline: string
  readonly data: string
  readonly status: StoredStatus
  readonly command: Command
  readonly reason?: string | undefined
  readonly outcome?: string | undefined
  readonly owner: string
  /** Whether the lease has run out. */
  readonly lapsed: boolean
  readonly crashes: number
  /** Whether it was revived and not taken since. */
  readonly revived: boolean
  readonly entries: readonly Entry[]
}

/** The model of a run: what is known of it, if anything is, and the token of its last lease, which outlives that. */
export interface RunModel {
  readonly id: string
  readonly known: Known | null
  readonly fence: number
}

/** What a client asks of one run. */
export type Call =
  | { readonly do: 'acquire'; readonly run: NewRun; readonly request: LeaseRequest }
  | { readonly do: 'renew'; readonly fence: number }
  | { readonly do: 'release'; readonly fence: number; readonly as: 'waiting' | 'blocked'; readonly outcome?: string }
  | { readonly do: 'commit'; readonly fence: number; readonly entries: readonly Entry[] }
  | { readonly do: 'end'; readonly fence: number; readonly as: EndStatus; readonly outcome: string }
  | { readonly do: 'command'; readonly command: Command; readonly reason?: string }
  | { readonly do: 'revive' }
  | { readonly do: 'delete' }
  | { readonly do: 'get' }

/** What a store answers to it. */
export type Answer = Acquired | Renewed | StoredRun | boolean | null | undefined

const isEnd = (status: StoredStatus) => status === 'succeeded' || status === 'failed' || status === 'cancelled'

/** What the model would answer, and what becomes of the run. Of a lease that is given, the store chooses the token. */
interface Step {
  readonly next: RunModel
  readonly fits: (answer: Answer) => boolean
}

/** The run after `call`, if a store that keeps the contract can answer `answer` to it; `undefined` otherwise. */
export function follow(model: RunModel, call: Call, answer: Answer): RunModel | undefined {
  const { next, fits } = step(model, call, answer)
  return fits(answer) ? next : undefined
}

function step(model: RunModel, call: Call, answer: Answer): Step {
  const { known } = model
  switch (call.do) {
    case 'acquire':
      return acquire(model, call, answer)
    case 'renew':
      if (!isGood(model, call.fence)) return { next: model, fits: (answer) => answer === null }
      return {
        next: changed(model, { lapsed: false }),
        fits: (answer) => isRecord(answer) && answer.command === known?.command && answer.reason === known?.reason,
      }
    case 'release': {
      const { as, outcome } = call
      if (isGood(model, call.fence)) return yes(changed(model, { status: as, outcome, lapsed: false }))
      // Of a run that was revived, the contract leaves open who handed it back.
      const open = known?.revived === true && as === 'waiting'
      return { next: model, fits: (answer) => answer === isDone(model, call.fence, as) || (open && answer === true) }
    }
    case 'commit': {
      if (!isGood(model, call.fence)) return { next: model, fits: (answer) => answer === false }
      return yes(changed(model, { entries: call.entries.reduce(recorded, known?.entries ?? []) }))
    }
    case 'end': {
      const { as, outcome } = call
      if (isGood(model, call.fence)) return yes(changed(model, { status: as, outcome, lapsed: false }))
      return { next: model, fits: (answer) => answer === isDone(model, call.fence, as) }
    }
    case 'command': {
      const { command, reason } = call
      const open = known !== null && !isEnd(known.status) && known.command !== 'cancel'
      return shown(open ? changed(model, { command, reason }) : model)
    }
    case 'revive':
      if (known?.status !== 'dead') return shown(model)
      return shown(changed(model, { status: 'waiting', crashes: 0, revived: true }))
    case 'delete':
      return shown(known !== null && isEnd(known.status) ? { ...model, known: null } : model)
    case 'get':
      return shown(model)
  }
}

/** The entries after one more. */
function recorded(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  const others = entries.filter(({ key }) => key !== entry.key)
  const isKept = entries.some(({ key, final }) => key === entry.key && final)
  return isKept ? entries : [...others, entry]
}

function acquire(model: RunModel, { run, request }: Call & { do: 'acquire' }, answer: Answer): Step {
  const { known } = model
  const given = isRecord(answer) && typeof answer.fence === 'number' ? answer.fence : NaN
  const answers = (next: RunModel, fence: number | null, created: boolean): Step => ({
    next,
    fits: (answer) =>
      isRecord(answer) &&
      answer.fence === fence &&
      answer.created === created &&
      isRecord(answer.run) &&
      reads(next, answer.run),
  })
  const gives = (as: Known, created: boolean): Step => {
    const next = { ...model, fence: given, known: { ...as, owner: request.owner, lapsed: false, revived: false } }
    const step = answers(next, given, created)
    return { next, fits: (answer) => given > model.fence && step.fits(answer) }
  }
  const { pipeline, data } = run
  const fresh: Known = {
    pipeline,
    data,
    status: 'running',
    command: 'run',
    owner: request.owner,
    lapsed: false,
    crashes: 0,
    revived: false,
    entries: [],
  }
  if (known === null) return gives(fresh, true)
  if (known.status === 'running' && !known.lapsed) {
    return answers(model, known.owner === request.owner ? model.fence : null, false)
  }
  if (request.anew === true) return gives(fresh, true)
  if (isEnd(known.status) || known.status === 'dead' || known.command === 'pause') return answers(model, null, false)
  const crashes = known.crashes + (known.status === 'running' ? 1 : 0)
  if (crashes > request.maxCrashes) {
    return answers(changed(model, { status: 'dead', crashes, lapsed: false }), null, false)
  }
  return gives({ ...known, status: 'running', crashes, outcome: undefined }, false)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isGood = ({ known, fence }: RunModel, token: number) => known?.status === 'running' && fence === token

const isDone = ({ known, fence }: RunModel, token: number, as: StoredStatus) => known?.status === as && fence === token

const yes = (next: RunModel): Step => ({ next, fits: (answer) => answer === true })

const shown = (next: RunModel): Step => ({ next, fits: (answer) => reads(next, answer) })

function changed(model: RunModel, patch: Partial<Known>): RunModel {
  return model.known === null ? model : { ...model, known: { ...model.known, ...patch } }
}

/** Whether what a store tells of a run is what the model knows of it. */
export function reads({ id, known, fence }: RunModel, told: unknown): boolean {
  if (known === null || !isRecord(told)) return known === null && told === undefined
  const { pipeline, data, status, command, reason, outcome, owner, crashes } = known
  const expected = { id, pipeline, data, status, command, reason, outcome, owner, fence, crashes }
  return (
    Object.entries(expected).every(([field, value]) => told[field] === value) &&
    Number(told['leaseUntil']) > 0 === (status === 'running') &&
    (typeof told['endedAt'] === 'number') === isEnd(status)
  )
}

/** What the model knows of a run, in words. */
export function inWords({ known, fence }: RunModel): string {
  if (known === null) return 'nothing is known'
  const { entries, revived: _, ...rest } = known
  return JSON.stringify({ ...rest, fence, entries })
}
