import { type PipeEvent, plan, type Pipeline } from '@pipe/core'
import { liveView, type Terminal } from './live-view.ts'
import { plainView } from './plain-view.ts'
import { TaskList } from './task-list.ts'

/**
 * Shows how far a run of `pipeline` is: live on a terminal, line by line in pipes, in files and in CI.
 *
 * @returns what to call with each event of the run
 */
export function viewOf<I, O, Q>(
  pipeline: Pipeline<I, O, Q>,
  stream: NodeJS.WritableStream,
  env: NodeJS.ProcessEnv,
): (event: PipeEvent) => void {
  const list = new TaskList(plan(pipeline))
  const isDull = env['TERM'] === 'dumb' || !['', '0', 'false', undefined].includes(env['CI'])
  return isTerminal(stream) && !isDull ? liveView(stream, list) : plainView(stream, list)
}

const isTerminal = (stream: NodeJS.WritableStream): stream is Terminal => 'isTTY' in stream && stream.isTTY === true
