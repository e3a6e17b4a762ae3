import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

async function run(...args: readonly string[]) {
  const file = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@pipe/source', file, ...args])
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

describe('the program', () => {
  it('makes a song, listens to it, writes a show and says so', async () => {
    const folder = await temporaryFolder()
    const { code, stdout, stderr } = await run('--out', folder, '--lights', 'left,right')

    expect(code).toBe(0)
    expect(await readdir(folder)).toEqual(['sequence.json', 'song.lrc', 'song.wav'])
    expect(stdout).toMatch(
      /^1(19|20)(\.\d+)? beats a minute, 24 seconds: 2 bars calm, 4 bars steady, 4 bars peak, 2 bars calm\n/,
    )
    expect(stderr).toMatch(/^ {2}✔ groups\[left\] \d+ms$/m)
    expect(JSON.parse(await readFile(join(folder, 'sequence.json'), 'utf8'))).toMatchObject({ seconds: 24 })
  })

  it('says what is wrong with a song in one line, and exits with 2', async () => {
    const folder = join(await temporaryFolder(), 'out')
    const { code, stdout, stderr } = await run('--song', 'nowhere.wav', '--out', folder)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^Step "audio" of pipeline "sequencer" failed: ENOENT.*nowhere\.wav/,
    )
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })

  it.each([
    ['--tempo', 'fast'],
    ['--tempo', '200'],
  ])('refuses %s %s, and exits with 1', async (option, value) => {
    const { code, stderr } = await run(option, value)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `--tempo must be a number from 80 to 160, not "${value}"\n`,
    })
  })
})
