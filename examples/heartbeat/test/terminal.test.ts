import { onTestFinished, describe, expect, test } from 'vitest'
import xterm from '@xterm/headless'
import { command, temporaryFolder } from './program.ts'

// It has a binary for most platforms, not for all.
const pty = await import('@lydell/node-pty').catch((error: unknown) => {
  if (process.env['CI']) throw error
  console.warn(`SKIPPED, what is seen on a real terminal: ${String(error)}`)
  return undefined
})

/** The program on a pseudo-terminal, and what a person sees of it. */
function onTerminal(args: readonly string[]) {
  const [cols, rows] = [110, 40]
  const screen = new xterm.Terminal({ cols, rows, allowProposedApi: true })
  const { CI: _, FORCE_COLOR: __, NO_COLOR: ___, ...env } = process.env
  const child = pty!.spawn(process.execPath, [...command, ...args], {
    cols,
    rows,
    env: { ...env, TERM: 'xterm-256color' },
  })
  let isRunning = true
  onTestFinished(() => {
    if (isRunning) child.kill('SIGKILL')
  })
  let written = ''
  child.onData((text) => {
    written += text
    screen.write(text)
  })
  const ended = new Promise<{ code: number; written: string }>((end) =>
    child.onExit(({ exitCode: code }) => {
      isRunning = false
      end({ code, written })
    }),
  )
  const seen = async () => {
    await new Promise<void>((drawn) => screen.write('', drawn))
    const { active } = screen.buffer
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }
  return {
    ended,
    seen,
    type: (keys: string) => child.write(keys),
    until: (what: RegExp) => expect.poll(seen, { timeout: 40_000, interval: 50 }).toMatch(what),
  }
}

describe.skipIf(pty === undefined)('on a real terminal', () => {
  test('keys control schedules and the thermostat, and q stops', async () => {
    const { ended, seen, type, until } = onTerminal(['--dir', temporaryFolder(), '--every', '300ms'])
    await until(/^❯ sample .* succeeded/m)
    await until(/process \d+ leads .*UTC/)
    await until(/tick \d+ {2}running {2}sky/)
    type('e')
    await until(/thermostat {2}paused {2}tick \d+/)
    const [, tick] = /paused {2}tick (\d+)/.exec(await seen())!
    type(' ')
    await until(new RegExp(`paused {2}tick ${Number(tick) + 1}\\b`))
    type('\u001b[B') // down
    await until(/^❯ report/m)
    type('p')
    await until(/^❯ report .* paused/m)
    type('3t')
    await until(/^❯ cleanup/m)
    await until(/cleanup was asked for: started[^]*cleanup succeeded: /)
    type('q')
    const { code, written } = await ended
    expect(code).toBe(0)
    expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'))
    expect(await seen()).toMatch(/process \d+ has stopped[^]*^report: \d+ runs in all/m)
  })

  test('Ctrl-C stops it cleanly', async () => {
    const { ended, type, until } = onTerminal(['--dir', temporaryFolder()])
    await until(/process \d+ leads/)
    type('\u0003')
    expect((await ended).code).toBe(130)
  })
})
