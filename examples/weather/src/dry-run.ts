import type { DryRunReport } from '@pipe/core'

/** What a dry run says, a line for each step. */
export function drawDryRun({ steps, ready }: DryRunReport): string {
  const lines = Object.entries(steps).map(([id, { status, reason, conditional }]) => {
    const notes = [reason, conditional && 'if its condition holds'].filter(Boolean)
    return [status === 'blocked' ? '✖' : '✔', id, ...notes].join(' ')
  })
  return `${[...lines, '', ready ? 'It could run.' : 'It could not run.'].join('\n')}\n`
}
