import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { writeFolder } from '../src/write-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const files = [
  { path: 'package.json', text: '{}' },
  { path: join('src', 'index.ts'), text: 'export {}' },
  { path: join('test', 'deep', 'a.test.ts'), text: '' },
]
const forever = new AbortController().signal
const everythingIn = async (folder: string) => (await readdir(folder, { recursive: true })).sort()
const everyPath = ['package.json', 'src', 'src/index.ts', 'test', 'test/deep', 'test/deep/a.test.ts']

/** A signal that is aborted when it is looked at for the given time. */
function abortedAtLook(time: number): AbortSignal {
  const controller = new AbortController()
  const { signal } = controller
  let looks = 0
  const look = signal.throwIfAborted.bind(signal)
  vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => {
    if (++looks === time) controller.abort(new Error('enough'))
    look()
  })
  return signal
}

describe('a folder that is missing', () => {
  test('is written whole, with the rights that new folders have', async () => {
    const parent = await temporaryFolder()
    await writeFolder(join(parent, 'a', 'b'), files, forever)
    expect(await everythingIn(join(parent, 'a', 'b'))).toEqual(everyPath)
    expect(await readFile(join(parent, 'a', 'b', 'src', 'index.ts'), 'utf8')).toBe('export {}')
    expect(await readdir(join(parent, 'a'))).toEqual(['b'])
    await mkdir(join(parent, 'plain'))
    const rights = async (path: string) => (await stat(join(parent, path))).mode
    expect(await rights('a/b')).toBe(await rights('plain'))
  })

  test.each([1, 2, 3, 4])(
    'is not there after an abort, seen at look %d, nor are the folders made for it',
    async (time) => {
      const parent = await temporaryFolder()
      await expect(writeFolder(join(parent, 'a', 'b', 'c'), files, abortedAtLook(time))).rejects.toThrow('enough')
      expect(await readdir(parent)).toEqual([])
    },
  )

  test('is not there after an error of the disk', async () => {
    const parent = await temporaryFolder()
    const impossible = [...files, { path: join('package.json', 'under-a-file'), text: '' }]
    await expect(writeFolder(join(parent, 'a'), impossible, forever)).rejects.toThrow(/EEXIST|ENOTDIR/)
    expect(await readdir(parent)).toEqual([])
  })

  test('leaves others alone that came meanwhile', async () => {
    const parent = await temporaryFolder()
    const impossible = [
      { path: 'a', text: '' },
      { path: join('a', 'b'), text: '' },
    ]
    await mkdir(join(parent, 'shared'))
    await writeFile(join(parent, 'shared', 'theirs'), 'theirs')
    await expect(writeFolder(join(parent, 'shared', 'x', 'y'), impossible, forever)).rejects.toThrow()
    expect(await everythingIn(parent)).toEqual(['shared', 'shared/theirs'])
  })
})

describe.each([
  ['is empty', []],
  ['holds nothing but .git', ['.git']],
])('a folder that %s', (_, before) => {
  const folderWith = async () => {
    const folder = join(await temporaryFolder(), 'a')
    await mkdir(folder)
    for (const name of before) await mkdir(join(folder, name))
    return folder
  }

  test('is filled, and stays the same folder', async () => {
    const folder = await folderWith()
    const { ino } = await stat(folder)
    await writeFolder(folder, files, forever)
    expect(await everythingIn(folder)).toEqual([...before, ...everyPath])
    expect((await stat(folder)).ino).toBe(ino)
  })

  test.each([1, 4])('is as it was after an abort, seen at look %d', async (time) => {
    const folder = await folderWith()
    await expect(writeFolder(folder, files, abortedAtLook(time))).rejects.toThrow('enough')
    expect(await everythingIn(folder)).toEqual(before)
  })
})

test('what was moved is taken back when the rest cannot be', async () => {
  const folder = await temporaryFolder()
  // A repository that is there, and files that want to be there too.
  await mkdir(join(folder, '.git'))
  await writeFile(join(folder, '.git', 'HEAD'), 'theirs')
  const clashing = [...files, { path: '-first', text: '' }, { path: join('.git', 'HEAD'), text: 'ours' }]
  await expect(writeFolder(folder, clashing, forever)).rejects.toThrow(/ENOTEMPTY|EEXIST/)
  expect(await everythingIn(folder)).toEqual(['.git', '.git/HEAD'])
  expect(await readFile(join(folder, '.git', 'HEAD'), 'utf8')).toBe('theirs')
})

test('a link to an empty folder is followed', async () => {
  const parent = await temporaryFolder()
  await mkdir(join(parent, 'real'))
  await symlink(join(parent, 'real'), join(parent, 'link'), 'junction')
  await writeFolder(join(parent, 'link'), files, forever)
  expect(await everythingIn(join(parent, 'real'))).toEqual(everyPath)
})

describe('is refused and not touched:', () => {
  const refused = async (folder: string, parent: string) => {
    const before = await everythingIn(parent)
    await expect(writeFolder(folder, files, forever)).rejects.toMatchObject({ code: 'FOLDER_TAKEN' })
    expect(await everythingIn(parent)).toEqual(before)
  }

  test('a folder with a file in it', async () => {
    const parent = await temporaryFolder()
    await writeFile(join(parent, 'theirs'), 'theirs')
    await refused(parent, parent)
  })

  test('a file', async () => {
    const parent = await temporaryFolder()
    await writeFile(join(parent, 'file'), 'theirs')
    await refused(join(parent, 'file'), parent)
    expect(await readFile(join(parent, 'file'), 'utf8')).toBe('theirs')
  })
})

test.skipIf(process.getuid?.() === 0)('a folder that may not be written to stays empty', async () => {
  const parent = await temporaryFolder()
  await chmod(parent, 0o500)
  await expect(writeFolder(join(parent, 'a'), files, forever)).rejects.toThrow('EACCES')
  expect(await readdir(parent)).toEqual([])
})
