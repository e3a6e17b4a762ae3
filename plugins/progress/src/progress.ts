import {
  definePlugin,
  type Hooks,
  PipelineError,
  type Plugin,
  type PluginHost,
  type RunEnd,
  type RunStart,
  type StepAttempt,
  type StepEnd,
  type StepEvent,
  type StepProgress,
  type StepRetry,
  type StepStart,
} from '@pipe/core'
import { LiveView } from './live-view.ts'
import { type ProgressOptions, settingsOf } from './options.ts'
import { Outline } from './outline.ts'
import { PlainView } from './plain-view.ts'
import { ShownRun } from './shown-run.ts'
import type { Task } from './task.ts'
import type { TaskList } from './task-list.ts'
import type { News, View } from './view.ts'
import { noteOfUndo } from './words.ts'

/**
 * Makes the plugin that shows how far runs are: drawn in place on a terminal, as plain lines elsewhere. It only looks: no
 * run is changed by it. With `mode: 'silent'` a run costs what it costs without it.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function progress(options: ProgressOptions = {}): Plugin {
  const { stream, mode } = settingsOf(options)
  if (mode === 'silent') return definePlugin({ name: 'progress' })
  const outline = new Outline()
  const runs = new Map<string, ShownRun>()
  let view: View | undefined

  const viewOf = ({ clock }: PluginHost) => (mode === 'live' ? new LiveView(stream, clock) : new PlainView(stream))

  const begin = (event: RunStart) => {
    const others = [...runs.values()]
    const run = new ShownRun(event, outline, others.filter(({ pipeline }) => pipeline === event.pipeline).length)
    runs.set(event.runId, run)
    if (others.length > 0) for (const one of [run, ...others]) one.hasCompany = true
    view?.began?.(run)
  }

  const end = ({ runId, status, durationMs }: Pick<RunEnd, 'runId' | 'status' | 'durationMs'>) => {
    const run = runs.get(runId)
    if (run === undefined) return
    runs.delete(runId)
    run.status = status
    run.durationMs = durationMs
    run.list.close()
    view?.ended?.(run)
  }

  /** Lets the list of a run learn from an event, and tells what it was about. */
  const about = <E extends StepEvent>(learn: (list: TaskList, event: E) => Task | undefined, tell: Tell<E>) => {
    return (event: E) => {
      const run = runs.get(event.runId)
      const task = run === undefined ? undefined : learn(run.list, event)
      if (run !== undefined && task !== undefined && view !== undefined) tell(view, run, task, event)
    }
  }
  const says =
    (news: News): Tell<StepEvent> =>
    (view, run, task, event) =>
      view.told?.(run, task, news, event)

  const hooks: Partial<Hooks> = {
    'run:start': begin,
    'run:pause': ({ runId }) => mark(runs.get(runId), 'paused'),
    'run:resume': ({ runId }) => mark(runs.get(runId), 'running'),
    'run:end': end,
    'step:start': about<StepStart>((list, event) => list.started(event), says('started')),
    'step:attempt': about<StepAttempt>((list, event) => list.attempted(event), says('attempted')),
    'step:progress': about<StepProgress>((list, event) => list.progressed(event), says('progressed')),
    'step:retry': about<StepRetry>((list, event) => list.retried(event), says('retried')),
    'step:end': about<StepEnd>((list, event) => list.ended(event), says('ended')),
    'map:item': about(
      (list, event) => list.itemEnded(event),
      (view, run, map, event) => view.itemEnded?.(run, map, event),
    ),
    'step:undo': about(
      (list, event) => list.undone(event),
      (view, run, task, event) => view.undone?.(run, task, event, noteOfUndo(event)),
    ),
  }

  return definePlugin({
    name: 'progress',
    setup(host) {
      if (view !== undefined)
        throw new PipelineError('PLUGIN_INVALID', 'This plugin belongs to another pipe: call progress() for each pipe.')
      view = viewOf(host)
    },
    close() {
      view = undefined
    },
    step(step) {
      outline.learn(step)
      return undefined
    },
    hooks,
  })
}

/** Tells a view what a task was about. */
type Tell<E> = (view: View, run: ShownRun, task: Task, event: E) => void

function mark(run: ShownRun | undefined, status: ShownRun['status']): void {
  if (run !== undefined) run.status = status
}
