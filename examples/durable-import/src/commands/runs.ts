import { exitCodes } from '@pipe/core'
import { type RunInfo, type Runs, runsIn } from '@pipe/state'
import type { Request, Settings } from '../arguments.ts'
import { openStore } from '../store.ts'

const { stdout, stderr } = process

/** Lists the imports, the last one first. Needs no pipe and no pipeline, as everything here. Answers with the exit code. */
export async function listRuns({ folder, json }: Settings): Promise<number> {
  await using opened = await openStore(folder)
  const runs = runsIn(opened.store)
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await runs.list({ ...(after !== undefined && { after }) })
    for (const run of page.items) stdout.write(json ? `${JSON.stringify(run)}\n` : `${lineOf(run)}\n`)
    after = page.next
  }
  return exitCodes.ok
}

/** Shows an import and its recorded steps. */
export async function showRun(id: string, { folder, json }: Settings): Promise<number> {
  await using opened = await openStore(folder)
  const runs = runsIn(opened.store)
  const run = await runs.get(id)
  if (run === undefined) return isUnknown(id)
  const steps = await runs.steps(id)
  if (json) {
    stdout.write(`${JSON.stringify({ ...run, steps })}\n`)
    return exitCodes.ok
  }
  stdout.write(`${lineOf(run)}\n`)
  for (const { path, status, attempts, at, retryAt, undone } of steps) {
    const notes = [
      attempts > 1 && `after ${attempts} attempts`,
      at !== undefined && timeOf(at),
      retryAt !== undefined && `next attempt at ${timeOf(retryAt)}`,
      undone && 'undone',
    ]
    stdout.write(`  ${[path, status, ...notes.filter(Boolean)].join('  ')}\n`)
  }
  return exitCodes.ok
}

const ask: Readonly<Record<Request, (runs: Runs, id: string) => Promise<RunInfo | undefined>>> = {
  pause: (runs, id) => runs.pause(id),
  resume: (runs, id) => runs.resume(id),
  cancel: (runs, id) => runs.cancel(id, 'asked on the command line'),
  revive: (runs, id) => runs.revive(id),
}

/** Asks something of an import: whoever has it does it, soon. */
export async function requestOf(request: Request, id: string, { folder, json }: Settings): Promise<number> {
  await using opened = await openStore(folder)
  const run = await ask[request](runsIn(opened.store), id)
  if (run === undefined) return isUnknown(id)
  stdout.write(json ? `${JSON.stringify(run)}\n` : `${lineOf(run)}\n`)
  return exitCodes.ok
}

function isUnknown(id: string): number {
  stderr.write(`There is no import "${id}". See them with: runs\n`)
  return exitCodes.missingRequirement
}

function lineOf({ id, state, createdAt, crashes, reason, error, owner }: RunInfo): string {
  const notes = [
    `begun ${timeOf(createdAt)}`,
    crashes > 0 && `crashed ${crashes} times`,
    state === 'running' && `in ${owner}`,
    reason,
    error?.message,
  ]
  return [id, state, ...notes.filter(Boolean)].join('  ')
}

const timeOf = (ms: number): string => new Date(ms).toISOString()
