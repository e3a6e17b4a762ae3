import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Screen } from './support/screen.ts'

// It has a binary for most platforms, not for all.
const pty = await import('@lydell/node-pty').catch((error: unknown) => {
  if (process.env['CI']) throw error
  console.warn(`SKIPPED, what is seen on a real terminal: ${String(error)}`)
  return undefined
})

const work = fileURLToPath(new URL('programs/work.ts', import.meta.url))
const both = fileURLToPath(new URL('programs/both.ts', import.meta.url))

/**
 * Runs a program on a real pseudo-terminal until it ends.
 *
 * @param keys what is typed when the screen says `waiting`
 */
async function onTerminal(program: string, ending?: string, keys = '') {
  const screen = new Screen()
  const { CI: _, FORCE_COLOR: __, ...env } = process.env
  const args = ['--conditions=@pipe/source', program, ...(ending === undefined ? [] : [ending])]
  const child = pty!.spawn(process.execPath, args, {
    cols: screen.columns,
    rows: screen.rows,
    env: { ...env, TERM: 'xterm-256color' },
  })
  let isRunning = true
  onTestFinished(() => {
    if (isRunning) child.kill()
  })
  let typed = keys === ''
  child.onData((text) => {
    screen.write(text)
    // The first frame with the step that waits.
    if (typed || !screen.written.includes('wait \u001b[2m')) return
    typed = true
    child.write(keys)
  })
  const { exitCode: code, signal } = await new Promise<{ exitCode: number; signal?: number }>((end) =>
    child.onExit(end),
  )
  isRunning = false
  return { code, signal, screen, lines: (await screen.lines()).map((line) => line.replace(/ [\d.]+m?s$/, '')) }
}

const logs = ['a log on stdout', 'a log on stderr', 'waiting']

describe.skipIf(pty === undefined)('on a real terminal', () => {
  it('logs are above the last picture, and the cursor is there again', async () => {
    const { code, screen, lines } = await onTerminal(work)
    expect(lines).toEqual([...logs, '✔ read', '✔ wait', '✔ last', 'it succeeded'])
    expect({ code, cursor: screen.hasCursor }).toEqual({ code: 0, cursor: true })
  })

  it('stdout and stderr are one screen: who draws on one of them sees who draws on the other', async () => {
    const { screen, lines } = await onTerminal(both)
    expect(lines.toSorted()).toEqual(['a log', '✔ left', '✔ right'])
    expect(screen.hasCursor).toBe(true)
  })

  it('a program that stops its run when it is interrupted shows what came of it', async () => {
    const { screen, lines } = await onTerminal(work, 'cancel', '\u0003')
    expect(lines).toEqual([...logs, '✔ read', '■ wait cancelled', '■ last cancelled', 'it cancelled'])
    expect(screen.hasCursor).toBe(true)
  })

  it('a program that is interrupted leaves its last picture and the cursor', async () => {
    const { signal, screen, lines } = await onTerminal(work, 'hang', '\u0003')
    expect(lines.filter((line) => !line.includes('^C'))).toEqual([...logs, '✔ read', '❯ wait', '· last'])
    expect({ signal, cursor: screen.hasCursor }).toEqual({ signal: 2, cursor: true })
  })

  it('a program that exits leaves its last picture and the cursor', async () => {
    const { code, screen, lines } = await onTerminal(work, 'exit')
    expect(lines).toEqual([...logs, '✔ read', '❯ wait', '· last'])
    expect({ code, cursor: screen.hasCursor }).toEqual({ code: 3, cursor: true })
  })

  it('a program that has nothing left to do may end: the picture keeps none alive', async () => {
    const { code, screen, lines } = await onTerminal(work, 'idle')
    expect(lines).toEqual(expect.arrayContaining([...logs, '✔ read', '❯ wait', '· last']))
    expect({ code, cursor: screen.hasCursor }).toEqual({ code: 13, cursor: true })
  })

  it('a program that crashes says so below its last picture', async () => {
    const { code, screen, lines } = await onTerminal(work, 'crash')
    expect(lines.slice(0, 6)).toEqual([...logs, '✔ read', '❯ wait', '· last'])
    expect(lines.slice(6).join('\n')).toContain('Error: a bug')
    expect({ code, cursor: screen.hasCursor }).toEqual({ code: 1, cursor: true })
  })
})
