import { exitCodes, messageOf } from '@pipe/core'
import { help, readArguments, type Settings } from './arguments.ts'
import { listenToKeys } from './keyboard.ts'
import { Selection } from './keys.ts'
import { News } from './news.ts'
import { names } from './schedules.ts'
import { Service } from './service.ts'
import { onStop } from './stop.ts'
import { summaryOf, textOf } from './summary.ts'
import { LiveView } from './view/live-view.ts'
import { plainView } from './view/plain-view.ts'

const { stdout, stderr } = process

/** Who reads what we write may stop reading (`| head`): then nobody wants the rest. */
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

/** Runs the service until it is to stop. Answers with the exit code. */
async function serve(settings: Settings): Promise<number> {
  const news = new News()
  const selection = new Selection(names.length)
  await using service = await Service.open(settings, news)
  using stop = onStop()
  {
    await using views = new AsyncDisposableStack()
    // A terminal without rows is none that could be drawn on.
    if (stderr.isTTY && stderr.rows > 0) views.use(new LiveView(stderr, service, selection, news))
    else views.use(plainView(stderr, news))
    views.use(listenToKeys({ service, selection, stop }, news))
    const timer = settings.seconds === undefined ? undefined : setTimeout(stop.quit, settings.seconds * 1_000)
    await service.start()
    await stop.asked
    clearTimeout(timer)
    await service.stop()
  }
  const summary = summaryOf(await service.state())
  stdout.write(settings.json ? `${JSON.stringify(summary)}\n` : textOf(summary))
  return stop.exitCode
}

try {
  const settings = readArguments(process.argv.slice(2))
  if (settings === undefined) stdout.write(help)
  else process.exitCode = await serve(settings)
} catch (error) {
  stderr.write(`${messageOf(error)}\n`)
  process.exitCode = exitCodes.missingRequirement
}
