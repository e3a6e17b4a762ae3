import { exitCodes, messageOf } from '@pipe/core'
import { type Command, help, readArguments, type Settings } from './arguments.ts'
import { importFile } from './commands/import.ts'
import { listRuns, requestOf, showRun } from './commands/runs.ts'
import { work } from './commands/worker.ts'

const { stdout, stderr } = process

/** Who reads what we write may stop reading (`| head`): then nobody wants the rest. */
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

async function execute(command: Command, settings: Settings): Promise<number> {
  switch (command.name) {
    case 'help':
      stdout.write(help)
      return exitCodes.ok
    case 'import':
      return await importFile(command.id, command.file, settings)
    case 'worker':
      return await work(settings)
    case 'runs':
      return await listRuns(settings)
    case 'show':
      return await showRun(command.id, settings)
    case 'pause':
    case 'resume':
    case 'cancel':
    case 'revive':
      return await requestOf(command.name, command.id, settings)
  }
}

try {
  const { command, settings } = readArguments(process.argv.slice(2))
  process.exitCode = await execute(command, settings)
} catch (error) {
  stderr.write(`${messageOf(error)}\n`)
  process.exitCode = exitCodes.missingRequirement
}
