import { WriteStream } from 'node:tty'
import { type PipeEvent, plan, type Pipeline } from '@pipe/core'
import { liveView } from './live-view.ts'
import { plainView } from './plain-view.ts'
import { TaskList } from './task-list.ts'

/** Shows how far a run of `pipeline` is: live on a terminal, line by line in pipes, in files and in CI. */
export function viewOf<I, O, Q>(
  pipeline: Pipeline<I, O, Q>,
  stream: NodeJS.WritableStream,
  env: NodeJS.ProcessEnv,
): (event: PipeEvent) => void {
  const list = new TaskList(plan(pipeline))
  const isLive = stream instanceof WriteStream && env['CI'] === undefined && env['TERM'] !== 'dumb'
  return isLive ? liveView(stream, list) : plainView(stream, list)
}
