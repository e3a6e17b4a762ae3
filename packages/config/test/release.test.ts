// A rehearsal of a release: everything is packed, published to a registry of our own and used by an application that has nothing else.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environment, shell } from '../scripts/shell.ts'
import { problemsOf } from '../scripts/tarball-problems.ts'
import { pack } from '../scripts/tarball.ts'
import { madeForCore, published, root, type Manifest } from '../scripts/workspace.ts'
import { copyRepository } from './release/copy.ts'
import { followReadme, importsOf } from './release/readme.ts'
import { startRegistry } from './release/registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'pipe-release-'))
const app = join(folder, 'app')
/** The plugin of somebody else. */
const theirs = { name: '@acme/pipe-cache', path: join(folder, 'author/pipe-cache') }
const copy = join(folder, 'copy')
const plugins = published().filter(({ folder }) => folder.startsWith('plugins/'))
/** What is released by itself: the plugins, and the packages of ours that they bring along. */
const alone = published().filter(({ manifest: { name } }) =>
  plugins.some(({ manifest }) => manifest.name === name || manifest.dependencies?.[name]),
)
const now = Object.fromEntries(published().map(({ manifest }) => [manifest.name, manifest.version]))
let registry: Awaited<ReturnType<typeof startRegistry>>

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8')) as Manifest
const installed = (name: string) => read(app, 'node_modules', name)
const npm = (...args: string[]) => shell('npm', args, { cwd: app })

/** npm as the author of a plugin has it: our scope comes from our registry. */
const npmOfAuthor = (...args: string[]) => {
  const settings = {
    'npm_config_@pipe:registry': registry.address,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  }
  return shell('npm', args, { cwd: theirs.path, env: { ...environment, ...settings } })
}

/** The versions of our packages that the application has. */
const allInstalled = () =>
  Object.fromEntries(
    readdirSync(join(app, 'node_modules/@pipe')).map((name) => [`@pipe/${name}`, installed(`@pipe/${name}`).version]),
  )

/** Packs as pnpm does, publishes as npm does. */
async function publish(path: string) {
  await npm('publish', await pack(path, folder), '--access', 'public', '--registry', registry.address)
}

async function runsEverywhere() {
  const build = join(app, 'nodenext with TypeScript 7')
  expect(await shell('node', ['app.mjs'], { cwd: build })).toBe('import 42 object\n')
  expect(await shell('node', ['app.cjs'], { cwd: build })).toBe('require 42 object\n')
}

beforeAll(async () => {
  const elsewhere = await shell('npm', ['config', 'get', 'registry'])
  registry = await startRegistry(folder, Object.keys(now), elsewhere.trim())
  cpSync(join(import.meta.dirname, 'release/consumer'), app, { recursive: true })
  writeFileSync(join(app, 'package.json'), '{ "private": true }')
  writeFileSync(join(app, '.npmrc'), registry.npmrc)
  await shell('pnpm', ['build'], { cwd: root })
})

afterAll(async () => {
  await registry.close()
  rmSync(folder, { recursive: true, force: true })
})

const compilers = {
  'TypeScript 5.9': join(import.meta.dirname, '../node_modules/typescript-5/bin/tsc'),
  'TypeScript 6': join(root, 'node_modules/typescript/bin/tsc6'),
  'TypeScript 7': join(root, 'node_modules/typescript-7/bin/tsc'),
}

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

describe('the author of a plugin', () => {
  test('gets a package with npm create', async () => {
    const author = dirname(theirs.path)
    mkdirSync(author)
    // npm keeps what it has created with before, by its version: with a cache of its own it keeps nothing.
    const fresh = ['--registry', registry.address, '--cache', join(folder, 'npm-cache')]
    await shell('npm', ['create', '--yes', ...fresh, 'pipe-plugin', theirs.name], { cwd: author })
    expect(readdirSync(author)).toEqual(['pipe-cache'])
    expect(existsSync(join(theirs.path, '.gitignore'))).toBe(true)
    const core = `^${now['@pipe/core'] ?? ''}`
    expect(read(theirs.path)).toMatchObject({
      name: theirs.name,
      peerDependencies: { '@pipe/core': core },
      devDependencies: { '@pipe/core': core },
    })
    expect(JSON.stringify(read(theirs.path))).not.toMatch(/workspace:|catalog:|"\*"/)
  })

  test('installs it, and its tests and types pass as it is', async () => {
    await npmOfAuthor('install')
    expect(await npmOfAuthor('test')).toMatch(/Tests .*\d+ passed/)
    await npmOfAuthor('run', 'types')
  })

  test('has the first release written down', async () => {
    for (const args of [
      ['init', '-q', '-b', 'main'],
      ['add', '-A'],
    ])
      await shell('git', args, { cwd: theirs.path })
    expect(await shell('git', ['diff', '--cached', '--name-only'], { cwd: theirs.path })).not.toContain('node_modules')
    await npmOfAuthor('exec', '--', 'changeset', 'version')
    expect(read(theirs.path).version).toBe('1.0.0')
    expect(readFileSync(join(theirs.path, 'CHANGELOG.md'), 'utf8')).toContain('First release.')
  })

  test('packs what publint and attw accept and an application can use', async () => {
    await npmOfAuthor('pack', '--silent')
    const tarball = join(theirs.path, 'acme-pipe-cache-1.0.0.tgz')
    expect(await problemsOf(tarball)).toEqual([])
    await npm('install', tarball)
    expect(readdirSync(join(app, 'node_modules', theirs.name)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ])
    expect(allInstalled()).toEqual({ '@pipe/core': now['@pipe/core'], '@pipe/retry': now['@pipe/retry'] })
    const [example = ''] = await followReadme(app, theirs.name)
    const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--lib', 'es2023,dom']
    await shell('node', [compilers['TypeScript 7'], ...strict, example], { cwd: app })
  })
})

describe('a later release', () => {
  const versions = () => Object.fromEntries(published(copy).map(({ manifest }) => [manifest.name, manifest.version]))

  /** Writes a changeset in the copy and lets changesets turn it into versions. */
  async function version(...change: string[]) {
    await shell('changeset', ['add', ...change, '-m', 'A rehearsal.'], { cwd: copy })
    await shell('node', [join(root, 'packages/config/scripts/changesets.ts'), copy])
    await shell('changeset', ['version'], { cwd: copy })
    return versions()
  }

  /** Publishes what the registry does not have yet. Answers what that was. */
  async function publishNew() {
    const before = await registry.versions()
    await shell('changeset', ['publish', '--no-git-tag'], { cwd: copy })
    const isNew = ([name, version]: [string, string]) => before[name] !== version
    return Object.fromEntries(Object.entries(await registry.versions()).filter(isNew))
  }

  const bumped = (name: string, part: 'major' | 'minor') => {
    const [major = 0, minor = 0] = (now[name] ?? '').split('.').map(Number)
    return part === 'major' ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`
  }

  beforeAll(async () => {
    await copyRepository(copy)
    writeFileSync(join(copy, '.npmrc'), `registry=${registry.address}\n${registry.npmrc}`)
    // Whatever else is in force: nothing of this may reach another registry.
    expect((await shell('pnpm', ['config', 'get', 'registry'], { cwd: copy })).trim()).toBe(registry.address)
  })

  test('finds an application that has every plugin, and what their READMEs import', async () => {
    const wanted = plugins.flatMap(({ path, manifest }) => [
      manifest.name,
      ...importsOf(path).map((name) => `${name}@${manifest.devDependencies?.[name] ?? 'latest'}`),
    ])
    await npm('install', '--prefer-offline', ...new Set(wanted))
    for (const { manifest } of plugins) await followReadme(app, manifest.name)
  })

  test.for(alone.map(({ manifest }) => manifest.name))('of %s alone reaches it alone', async (name) => {
    const [before, had] = [versions(), allInstalled()]
    const next = { [name]: bumped(name, 'minor') }
    expect(await version('--minor', name)).toEqual({ ...before, ...next })
    expect(await publishNew()).toEqual(next)
    await npm('install', '--prefer-online', `${name}@latest`)
    expect(allInstalled()).toEqual({ ...had, ...next })
    await followReadme(app, name)
    await runsEverywhere()
  })

  test('of core, minor, leaves every plugin as it is', async () => {
    const [before, had] = [versions(), allInstalled()]
    const next = { '@pipe/core': bumped('@pipe/core', 'minor') }
    expect(await version('--minor', '@pipe/core')).toEqual({ ...before, ...next })
    expect(await publishNew()).toEqual(next)
    await npm('install', '--prefer-online', '@pipe/core@latest')
    expect(allInstalled()).toEqual({ ...had, ...next })
    for (const name of [...plugins.map(({ manifest }) => manifest.name), theirs.name]) await followReadme(app, name)
    await runsEverywhere()
  })

  test('of core, minor, breaks nothing for the author of a plugin', async () => {
    await npmOfAuthor('install', '--prefer-online', '@pipe/core@latest')
    expect(read(theirs.path, 'node_modules/@pipe/core').version).toBe(bumped('@pipe/core', 'minor'))
    await npmOfAuthor('test')
    await npmOfAuthor('run', 'types')
  })

  test('of core, major, is refused until all that is made for it is named as major', async () => {
    await expect(version('--major', '@pipe/core')).rejects.toThrow('name @pipe/retry as major')
    const dependants = madeForCore(copy).map(({ manifest }) => manifest.name)
    expect(dependants).toContain('create-pipe-plugin')
    const released = await version(...dependants.flatMap((name) => ['--major', name]))
    for (const name of dependants) expect(released[name]).toBe(bumped(name, 'major'))
    expect(read(copy, 'plugins/retry').peerDependencies?.['@pipe/core']).toBe(`^${bumped('@pipe/core', 'major')}`)
  })
})
