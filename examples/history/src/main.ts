import { exitCodes, messageOf } from '@pipe/core'
import { type History, historyIn } from '@pipe/sql'
import { type Arguments, help, readArguments } from './arguments.ts'
import { difference, type Question, questions } from './ask/questions.ts'
import { openDatabase } from './database.ts'
import { terminalOf } from './draw/terminal.ts'
import { drawTimeline } from './draw/timeline.ts'
import { runAll } from './runs.ts'

const { stdout, stderr } = process

/** Who reads what we write may stop reading (`| head`): then nobody wants the rest. */
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const terminal = terminalOf(stdout)
const heading = (title: string) => stdout.write(`\n${terminal.paint('heading', title)}\n`)

async function answer(history: History, asked: readonly Question[]) {
  for (const question of asked) {
    const text = await question.ask(history, terminal)
    heading(question.title)
    stdout.write(`${text}\n`)
  }
}

async function draw(history: History, id: string): Promise<number> {
  const timeline = await history.timeline(id)
  if (timeline === undefined) throw new Error(`There is no run "${id}". See them with: pnpm start -- --ask`)
  stdout.write(`\n${drawTimeline(timeline, terminal)}\n`)
  return exitCodes.ok
}

async function execute({ mode, run, location }: Arguments): Promise<number> {
  await using opened = openDatabase(location)
  const history = historyIn({ db: opened.db })
  if (run !== undefined) return await draw(history, run)
  if (mode === 'ask') {
    await answer(history, questions)
    return exitCodes.ok
  }
  stderr.write('Six runs: one goes well, five have trouble. The last one’s process is killed.\n')
  const ids = await runAll(opened.db, location)
  await answer(history, [...questions, difference(ids.calm, ids.moody)])
  await draw(history, ids.moody)
  stdout.write(`
Another one: pnpm start -- --run ${ids.killed}
Its process was killed: it is "running" until nobody has heard of it for
90 seconds, then "lost".
`)
  return exitCodes.ok
}

try {
  const args = readArguments(process.argv.slice(2), process.env['DATABASE_URL'])
  if (args.mode === 'help') stdout.write(help)
  else process.exitCode = await execute(args)
} catch (error) {
  stderr.write(`${messageOf(error)}\n`)
  process.exitCode = exitCodes.missingRequirement
}
