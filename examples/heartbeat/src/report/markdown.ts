import type { Figures, Summary } from './summary.ts'

/** A report in Markdown. `to` is the end of what it is about, epoch ms. */
export function markdownOf({ samples, processes, figures }: Summary, to: number): string {
  const title = `# Heartbeat at ${new Date(to).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  if (figures === undefined) return `${title}\n\nNo sample was taken in the last minute.\n`
  const who = processes.map((one) => `process ${one.pid} (${one.samples})`).join(', ')
  return `${title}

Samples of the last minute: ${samples}, by ${who}.

| | min | average | p50 | p95 | max |
| --- | ---: | ---: | ---: | ---: | ---: |
${row('event loop delay, ms', figures.delayMs)}
${row('memory, MB', figures.memoryMb)}
${row('load', figures.load)}
`
}

const row = (name: string, { min, average, p50, p95, max }: Figures) =>
  `| ${[name, ...[min, average, p50, p95, max].map((value) => value.toFixed(2))].join(' | ')} |`
