// A rehearsal of a release: everything is packed, published to a registry of our own and used by an application that has nothing else.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shell } from '../scripts/shell.ts'
import { pack } from '../scripts/tarball.ts'
import { packages, published, root, type Manifest } from '../scripts/workspace.ts'
import { startRegistry } from './release/registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'pipe-release-'))
const app = join(folder, 'app')
const copy = join(folder, 'copy')
let close: () => Promise<unknown>

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8')) as Manifest
const installed = (name: string) => read(app, 'node_modules', name)
const npm = (...args: string[]) => shell('npm', args, { cwd: app })

/** Packs as pnpm does, publishes as npm does. */
async function publish(path: string) {
  await npm('publish', await pack(path, folder), '--access', 'public')
}

async function runsEverywhere() {
  const build = join(app, 'nodenext with TypeScript 7')
  expect(await shell('node', ['app.mjs'], { cwd: build })).toBe('import 42 object\n')
  expect(await shell('node', ['app.cjs'], { cwd: build })).toBe('require 42 object\n')
}

beforeAll(async () => {
  const registry = await startRegistry(folder)
  close = registry.close
  cpSync(join(import.meta.dirname, 'release/consumer'), app, { recursive: true })
  writeFileSync(join(app, 'package.json'), '{ "private": true }')
  writeFileSync(join(app, '.npmrc'), registry.npmrc)
  await shell('pnpm', ['build'], { cwd: root })
})

afterAll(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

describe('an application with nothing but npm', () => {
  test('installs the published packages and no other', async () => {
    for (const { path } of published()) await publish(path)
    await npm('install', '@pipe/core', '@pipe/retry')
    expect(readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@pipe'])
    expect(readdirSync(join(app, 'node_modules/@pipe'))).toEqual(['core', 'retry'])
    for (const name of ['@pipe/core', '@pipe/retry']) {
      expect(existsSync(join(app, 'node_modules', name, 'LICENSE')), 'LICENSE').toBe(true)
      expect(existsSync(join(app, 'node_modules', name, 'README.md')), 'README.md').toBe(true)
      expect(existsSync(join(app, 'node_modules', name, 'src')), 'src').toBe(false)
      expect(JSON.stringify(installed(name))).not.toContain('@pipe/source')
    }
  })

  const compilers = {
    'TypeScript 5.9': join(import.meta.dirname, '../node_modules/typescript-5/bin/tsc'),
    'TypeScript 6': join(root, 'node_modules/typescript/bin/tsc6'),
    'TypeScript 7': join(root, 'node_modules/typescript-7/bin/tsc'),
  }
  const resolutions = {
    // Node 16 could not require() an ES module, so there is no app.cts.
    node16: { module: 'node16', files: ['app.mts'] },
    nodenext: { module: 'nodenext', files: ['app.mts', 'app.cts'] },
    bundler: { module: 'preserve', files: ['app.mts', 'app.cts'] },
  }
  for (const [moduleResolution, { module, files }] of Object.entries(resolutions))
    test.concurrent.for(Object.entries(compilers))(
      `compiles under ${moduleResolution} with %s`,
      async ([name, compiler]) => {
        const build = `${moduleResolution} with ${name}`
        const compilerOptions = {
          ...{ target: 'es2023', lib: ['es2023', 'dom'], types: [], strict: true, skipLibCheck: false },
          ...{ module, moduleResolution, rootDir: '.', outDir: build },
        }
        const project = join(app, `${build}.json`)
        writeFileSync(project, JSON.stringify({ compilerOptions, files }))
        await shell('node', [compiler, '-p', project, '--pretty', 'false'])
      },
    )

  test('runs by import and by require', runsEverywhere)
})

describe('a later release', () => {
  /** Writes a changeset in the copy and lets changesets turn it into versions. */
  async function version(...change: string[]) {
    await shell('changeset', ['add', ...change, '-m', 'A rehearsal.'], { cwd: copy })
    await shell('node', [join(root, 'packages/config/scripts/changesets.ts'), copy])
    await shell('changeset', ['version'], { cwd: copy })
    return Object.fromEntries(published(copy).map(({ manifest }) => [manifest.name, manifest.version]))
  }
  const bumped = (name: string, part: 'major' | 'minor') => {
    const [major = 0, minor = 0] = read(root, packages().find(({ manifest }) => manifest.name === name)?.folder ?? '')
      .version.split('.')
      .map(Number)
    return part === 'major' ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`
  }
  const now = Object.fromEntries(published().map(({ manifest }) => [manifest.name, manifest.version]))

  beforeAll(async () => {
    const skip = /(^|\/)(node_modules|\.git|\.turbo|\.readme|coverage|docs|bench)$|\.changeset\/(?!README)[^/]+\.md$/
    cpSync(root, copy, { recursive: true, filter: (path) => !skip.test(path.slice(root.length)) })
    for (const at of ['.', ...packages().map(({ folder }) => folder)])
      if (existsSync(join(root, at, 'node_modules')))
        symlinkSync(join(root, at, 'node_modules'), join(copy, at, 'node_modules'))
    mkdirSync(join(copy, '.changeset'), { recursive: true })
    for (const args of [
      ['init', '-q', '-b', 'main'],
      ['add', '-A'],
      ['-c', 'user.name=Pipe', '-c', 'user.email=pipe@example.invalid', 'commit', '-qm', 'copy'],
    ])
      await shell('git', args, { cwd: copy })
  })

  test('of one plugin reaches an application alone', async () => {
    const next = bumped('@pipe/retry', 'minor')
    expect(await version('--minor', '@pipe/retry')).toEqual({ ...now, '@pipe/retry': next })
    await publish(join(copy, 'plugins/retry'))
    await npm('install', '@pipe/retry@latest')
    expect(installed('@pipe/retry').version).toBe(next)
    expect(installed('@pipe/core').version).toBe(now['@pipe/core'])
    await runsEverywhere()
  })

  test('of core, minor, leaves every plugin as it is', async () => {
    const before = Object.fromEntries(published(copy).map(({ manifest }) => [manifest.name, manifest.version]))
    const next = bumped('@pipe/core', 'minor')
    expect(await version('--minor', '@pipe/core')).toEqual({ ...before, '@pipe/core': next })
    await publish(join(copy, 'packages/core'))
    await npm('install', '@pipe/core@latest')
    expect(installed('@pipe/core').version).toBe(next)
    expect(installed('@pipe/retry').version).toBe(before['@pipe/retry'])
    await runsEverywhere()
  })

  test('of core, major, is refused until every plugin is named as major', async () => {
    await expect(version('--major', '@pipe/core')).rejects.toThrow('name @pipe/retry as major')
    const dependants = published(copy).filter(({ manifest }) => manifest.peerDependencies?.['@pipe/core'])
    const versions = await version(...dependants.flatMap(({ manifest }) => ['--major', manifest.name]))
    for (const { manifest } of dependants) expect(versions[manifest.name]).toBe(bumped(manifest.name, 'major'))
    expect(read(copy, 'plugins/retry').peerDependencies?.['@pipe/core']).toBe(`^${bumped('@pipe/core', 'major')}`)
  })
})
