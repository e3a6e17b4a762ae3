import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const module = fileURLToPath(new URL('../servers/afterwards.ts', import.meta.url))

/** Starts a process that starts a server; resolves with both. */
async function start(end: string) {
  const program = `
    import { spawn } from 'node:child_process'
    import { killAfterwards } from ${JSON.stringify(module)}
    const child = spawn('sleep', ['600'])
    killAfterwards(child)
    console.log(child.pid)
    ${end}`
  const starter = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string]
  return { starter, server: Number(line) }
}

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.for(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
  'a server does not outlive who started it and died of %s',
  async (signal) => {
    const { starter, server } = await start('setInterval(() => {}, 1_000)')
    expect(isThere(server)).toBe(true)
    starter.kill(signal)
    while (isThere(server)) await sleep(20)
  },
)

test('a server does not outlive who ended without ending it', async () => {
  const { server } = await start('process.exit()')
  while (isThere(server)) await sleep(20)
})

test('nobody waits for who waits to clean up', async () => {
  const { starter } = await start(
    'child.unref(); for (const stream of [child.stdin, child.stdout, child.stderr]) stream.unref()',
  )
  await once(starter, 'exit')
})
