import {
  type ErrorReporter,
  type Pipe,
  type Pipeline,
  plan,
  type Plan,
  type Run,
  systemClock,
  uuidv7,
} from '@pipe/core'
import { Announcer } from '../announcer.ts'
import type { Blackboard, BlackboardOf } from './blackboard.ts'
import { Board, type BoardWatcher } from './board.ts'
import { Controller } from './controller.ts'
import type { ExecutionEventName } from './events.ts'
import type { Execution } from './execution.ts'
import { type ExecutionHistory, History } from './history.ts'
import { type AnyExecutionOptions, checkedOptions, type ExecutionArguments, historyLimitOf } from './options.ts'
import { Tally } from './statistics.ts'
import { Ticker } from './ticker.ts'

/** {@link Pipe.start} without types: the arguments of the execution had them. */
type StartAny<O> = (pipeline: object, input: unknown, options: object) => Run<O>

/**
 * Makes an execution of a pipeline: it ticks, by hand or by itself, and has a blackboard of its own.
 *
 * ```ts
 * const execution = createExecution(pipe, patrol, undefined, { blackboard: { battery: 100, position: 0 } })
 * await execution.tick()
 * execution.start({ mode: 'interval', interval: '100ms', stopOnTerminal: false })
 * ```
 * The initial blackboard is copied. Nothing is started by this: what is wrong with the input, the services, or the options
 * of the runs is found by the first tick.
 *
 * @throws PipelineError `OPTION_INVALID`, `DEFINITION_INVALID`
 */
export function createExecution<I, O, Q, S>(
  pipe: Pipe<S>,
  pipeline: Pipeline<I, O, Q>,
  ...args: ExecutionArguments<Pipeline<I, O, Q>, S>
): Execution<BlackboardOf<Q>, O> {
  const [input, given = {}] = args as readonly [input?: unknown, options?: AnyExecutionOptions]
  const options = checkedOptions(given)
  const { id = uuidv7(), clock = systemClock, onError = toConsole, services, run } = options
  const { name, version } = pipeline
  const limit = historyLimitOf(options)
  const announcer = new Announcer<ExecutionEventName>(pipe.events, onError)
  const subject = { executionId: id, pipeline: name }
  // The ticker is there by then: nobody has the board before the execution is returned.
  const watch: BoardWatcher = (key, value, previous) => {
    if (!announcer.observes('blackboard:change')) return
    const { tickNumber: tick } = ticker
    announcer.tell('blackboard:change', { ...subject, at: clock.now(), tick, key, value, previous })
  }
  const board = new Board(options.blackboard ?? {}, limit > 0, watch)
  const tally = new Tally()
  let known: readonly string[] | undefined
  const paths = () => (known ??= pathsOf(plan(pipeline)))
  const history = new History(limit, { ...subject, ...(version !== undefined && { version }) }, board.entries(), paths)
  const settings = { ...run, services: { ...services, blackboard: board }, paused: true }
  const begin = () => (pipe.start as StartAny<O>)(pipeline, input, settings)
  const ticker = new Ticker<O>({
    ...subject,
    clock,
    begin,
    board,
    announcer,
    tally,
    history: limit > 0 ? history : null,
  })
  return new Controller<BlackboardOf<Q>, O>({
    id,
    pipeline: name,
    clock,
    // The board has no types: the steps had them.
    blackboard: board as object as Blackboard<BlackboardOf<Q>>,
    history: history as object as ExecutionHistory<BlackboardOf<Q>>,
    forget: () => history.clear(),
    announcer,
    tally,
    ticker,
  })
}

const toConsole: ErrorReporter = (error) => console.error(error)

/** The paths of the steps, also of those in pipelines that are called. */
function pathsOf({ nodes }: Plan): readonly string[] {
  return nodes.flatMap(({ id, kind, inner }) =>
    kind === 'call' && inner !== undefined ? [id, ...pathsOf(inner)] : [id],
  )
}
