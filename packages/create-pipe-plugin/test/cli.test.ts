import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

/** Starts the program in a process of its own, in pipes. */
function start(cwd: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const code = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, ended: Promise.all([code, text(child.stdout), text(child.stderr)]) }
}

test('writes to a folder called like the package, without its scope', async () => {
  const cwd = await temporaryFolder()
  const [code, stdout, stderr] = await start(cwd, '@acme/pipe-cache').ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('  cd pipe-cache\n')
  expect(await readdir(cwd)).toEqual(['pipe-cache'])
})

test('writes to the working folder when it is empty', async () => {
  const cwd = await temporaryFolder()
  const [code, stdout] = await start(cwd, 'acme-cache', '--dir', '.').ended
  expect(code).toBe(0)
  expect(stdout).not.toContain('cd ')
  expect(await readdir(cwd)).toContain('package.json')
})

test('asks nothing where nobody can answer', async () => {
  const cwd = await temporaryFolder()
  expect(await start(cwd).ended).toEqual([2, '', expect.stringContaining('Say how the package is called')])
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s while it writes leaves all or nothing', async (signal) => {
  const cwd = await temporaryFolder()
  const { child, ended } = start(cwd, 'acme-cache')
  // Its first trace on the disk is the folder where it works.
  const watcher = watch(cwd, () => child.kill(signal)) // and again at every later trace
  const [code] = await ended
  watcher.close()
  const written = await readdir(cwd)
  if (code === 130) expect(written).toEqual([])
  // It may come when everything is written.
  if (written.length > 0) expect(await readdir(join(cwd, 'acme-cache'))).toHaveLength(10)
  expect(written.filter((name) => name !== 'acme-cache')).toEqual([])
})
