import { createPipe, exitCodeOf, exitCodes, messageOf, plan, toMermaid } from '@pipe/core'
import { logging } from '@pipe/logging'
import { progress, timeline } from '@pipe/progress'
import { retry } from '@pipe/retry'
import { destination, pino } from 'pino'
import { type Arguments, dataFile, help, readArguments } from './arguments.ts'
import { drawDryRun } from './dry-run.ts'
import { eventLine } from './event-line.ts'
import { interruptedCode, stopOnInterrupt } from './interrupt.ts'
import { normalsFrom } from './normals/normals.ts'
import { startUnreliableServer } from './normals/unreliable-server.ts'
import { weather } from './pipeline.ts'
import { summary } from './report/summary.ts'

const { stdout, stderr } = process

/** Who reads what we write may stop reading (`| head`): then nobody wants the rest. */
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

async function execute({ data, folder, log, mode }: Arguments): Promise<number> {
  await using server = await startUnreliableServer(dataFile('seattle-weather-hourly-normals.csv'))
  const logger = log === undefined ? [] : [logging(pino(destination({ dest: log, mkdir: true, sync: true })))]
  const services = { normals: normalsFrom(server.url, 600) }
  await using pipe = createPipe({ plugins: [retry(), progress(), ...logger], services })
  const input = { data, folder }

  if (mode === 'dry-run') {
    const report = await pipe.dryRun(weather, input)
    stdout.write(drawDryRun(report))
    return report.ready ? exitCodes.ok : exitCodes.missingRequirement
  }

  const run = pipe.start(weather, input)
  using interrupt = stopOnInterrupt(run)
  if (mode === 'json') for await (const event of run) stdout.write(eventLine(event))

  const result = await run.result
  stderr.write(`\n${timeline(result)}\n\n`)
  if (result.status !== 'succeeded') {
    stderr.write(`${result.error.message}\n`)
  } else if (mode === 'run') {
    const { report, files } = result.output
    stdout.write(`${summary(report)}\n${files.html}\n${files.json}\n`)
  }
  return interrupt.happened ? interruptedCode : exitCodeOf(result)
}

try {
  const args = readArguments(process.argv.slice(2))
  if (args.mode === 'help') stdout.write(help)
  else if (args.mode === 'plan') stdout.write(toMermaid(plan(weather)))
  else process.exitCode = await execute(args)
} catch (error) {
  stderr.write(`${messageOf(error)}\n`)
  process.exitCode = exitCodes.missingRequirement
}
