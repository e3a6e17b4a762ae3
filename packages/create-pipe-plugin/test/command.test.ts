import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, describe, test } from 'vitest'
import { command } from '../src/command.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A terminal, or pipes, and what was written to it. */
function terminal(isTTY: boolean) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const written = { stdout: '', stderr: '' }
  stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()))
  return {
    stdin: Object.assign(stdin, { isTTY, setRawMode: () => stdin }),
    stdout: Object.assign(stdout, { isTTY, columns: 100 }),
    stderr,
    written,
  }
}

const forever = new AbortController().signal

/** Runs the command in pipes. */
async function run(...args: string[]) {
  const pipes = terminal(false)
  const code = await command(args, pipes, forever)
  return { code, ...pipes.written }
}

test('writes the package and says what to do next', async () => {
  const folder = join(await temporaryFolder(), 'cache')
  const { code, stdout, stderr } = await run('@acme/pipe-cache', '--dir', folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('Wrote @acme/pipe-cache to ')
  expect(stdout).toContain('\n\n  cd ')
  expect(stdout).toMatch(/ {2}npm install\n {2}npm test\n$/)
  expect(await readdir(join(folder, 'src'))).toEqual(['cache.ts', 'index.ts', 'options.ts'])
})

test('quotes a path with a space', async () => {
  const folder = join(await temporaryFolder(), 'my cache')
  expect((await run('acme-cache', '--dir', folder)).stdout).toMatch(/ {2}cd ".*my cache"\n/)
})

test.each([['--help'], ['-h'], ['--help', '--version', 'acme-cache']])('%s prints how to use it', async (...args) => {
  const { code, stdout } = await run(...args)
  expect(code).toBe(0)
  for (const word of ['npm create pipe-plugin', 'name', '--dir', '--yes', '--help', '--version'])
    expect(stdout).toContain(word)
})

test('--version prints the version', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([
  [['--folder', 'x'], "Unknown option '--folder'. See --help.\n"],
  [['acme-cache', '--dir'], "Option '--dir <value>' argument missing. See --help.\n"],
  [['acme-cache', '--dir='], 'Option --dir must name a folder; got an empty one. See --help.\n'],
  [['acme', 'cache'], 'One name is enough, got also: cache. See --help.\n'],
  [['--yes'], 'Say how the package is called: npm create pipe-plugin @acme/pipe-cache\n'],
  [[], 'Say how the package is called: npm create pipe-plugin @acme/pipe-cache\n'],
])('%j is refused with exit code 2', async (args, stderr) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr })
})

test('a name that cannot be is refused before anything is written', async () => {
  const parent = await temporaryFolder()
  const { code, stderr } = await run('Acme', '--dir', join(parent, 'a'))
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('cannot be "Acme"') as unknown })
  expect(await readdir(parent)).toEqual([])
})

test('a folder that is not empty is refused', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'theirs'), '')
  const { code, stderr } = await run('acme-cache', '--dir', folder)
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`${folder} is not empty`) as unknown })
  expect(await readdir(folder)).toEqual(['theirs'])
})

test('what the disk refuses ends with exit code 1', async () => {
  const parent = await temporaryFolder()
  await writeFile(join(parent, 'file'), '')
  const { code, stderr } = await run('acme-cache', '--dir', join(parent, 'file', 'a'))
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is a file') as unknown })
  const tooLong = await run('acme-cache', '--dir', join(parent, 'a'.repeat(300)))
  expect(tooLong).toMatchObject({ code: 1, stderr: expect.stringContaining('ENAMETOOLONG') as unknown })
  expect(await readdir(parent)).toEqual(['file'])
})

test('an interrupt ends with exit code 130 and leaves nothing', async () => {
  const parent = await temporaryFolder()
  const pipes = terminal(false)
  const code = await command(['acme-cache', '--dir', join(parent, 'a')], pipes, AbortSignal.abort())
  expect({ code, ...pipes.written }).toEqual({ code: 130, stdout: '', stderr: 'Interrupted: nothing was written.\n' })
  expect(await readdir(parent)).toEqual([])
})

describe('in a terminal', () => {
  /** Runs the command, and types once the question is there. */
  async function typing(folder: string, ...keys: readonly string[]) {
    const screen = terminal(true)
    const running = command(['--dir', folder], screen, forever)
    const asked = new Promise((resolve) => screen.stdout.once('data', resolve))
    await asked
    for (const key of keys) screen.stdin.write(key)
    return { code: await running, ...screen.written }
  }

  test('the name is asked for', async () => {
    const folder = join(await temporaryFolder(), 'a')
    const { code, stdout } = await typing(folder, 'acme-cache', '\r')
    expect(stdout).toContain('How is the package of your plugin called?')
    expect(code).toBe(0)
    expect(await readFile(join(folder, 'package.json'), 'utf8')).toContain('"name": "acme-cache"')
  })

  test('it is asked for until it is one', async () => {
    const folder = join(await temporaryFolder(), 'a')
    const { code, stdout } = await typing(folder, 'Acme', '\r', '\u007f'.repeat(4), 'acme', '\r')
    expect(stdout).toContain('npm refuses it')
    expect(code).toBe(0)
    expect(await readFile(join(folder, 'package.json'), 'utf8')).toContain('"name": "acme"')
  })

  test('Ctrl-C ends it, and nothing was written', async () => {
    const parent = await temporaryFolder()
    const { code, stderr } = await typing(join(parent, 'a'), 'acme', '\u0003')
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'Interrupted: nothing was written.\n' })
    expect(await readdir(parent)).toEqual([])
  })

  test.each([
    ['a name is given', ['acme-cache']],
    ['nobody wants to be asked', ['--yes', 'acme-cache']],
  ])('nothing is asked when %s', async (_, args) => {
    const folder = join(await temporaryFolder(), 'a')
    await mkdir(folder)
    const screen = terminal(true)
    expect(await command([...args, '--dir', folder], screen, forever)).toBe(0)
    expect(screen.written.stdout).not.toContain('?')
  })
})
