import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readOwnManifest } from '../src/own-manifest.ts'
import { pluginName } from '../src/plugin-name.ts'
import { fillTemplate, readTemplate, type TemplateFile, wordsOf } from '../src/template.ts'
import { writeFolder } from '../src/write-folder.ts'

const template = await readTemplate()
const { devDependencies } = await readOwnManifest()
const filled = (name: string) => fillTemplate(template, pluginName(name, wordsOf(template)), devDependencies)
const textOf = (files: readonly TemplateFile[], path: string) => files.find((file) => file.path === path)?.text

interface Manifest {
  readonly engines: object
  readonly peerDependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
}

describe.each(['acme-cache', '@acme/pipe-circuit-breaker', 'my-slow-step', '@acme/pipe-delete'])('%s', (name) => {
  const files = filled(name)
  const { plugin, camel, pascal } = pluginName(name, wordsOf(template))

  test('has files of its own name', () => {
    expect(files.map(({ path }) => path).sort()).toEqual(
      [
        ...['.changeset/config.json', '.changeset/first-release.md', '.gitignore'],
        ...['CONTRIBUTING.md', 'LICENSE', 'README.md', 'package.json', 'tsconfig.build.json', 'tsconfig.json'],
        ...[`src/${plugin}.ts`, 'src/index.ts', 'src/options.ts'],
        ...[`test/${plugin}.test.ts`, 'test/conformance.test.ts', 'test/options.test.ts', 'test/types.test-d.ts'],
      ].sort(),
    )
  })

  test('is called so everywhere', () => {
    expect(textOf(files, 'README.md')).toMatch(`# ${name}\n`)
    expect(textOf(files, '.changeset/first-release.md')).toContain(`'${name}': major`)
    expect(textOf(files, 'LICENSE')).toContain(`the authors of ${name}\n`)
    expect(textOf(files, 'src/index.ts')).toContain(`{ type SlowAttempt, ${camel} } from './${plugin}.ts'`)
    expect(textOf(files, 'src/options.ts')).toContain(`readonly ${camel}?: ${pascal}Options`)
    expect(textOf(files, `src/${plugin}.ts`)).toContain(`name: '${plugin}',`)
    expect(JSON.parse(textOf(files, 'package.json') ?? '')).toMatchObject({ name })
  })

  test('has nothing of the name of the template', () => {
    const rest = files.map(({ path, text }) => `${path}\n${text}`.replaceAll(/my-slow-step|mySlowStep|MySlowStep/g, ''))
    expect(rest.join('\n')).not.toMatch(/slow-step|slowStep|SlowStep|@acme\/pipe-slow/)
  })
})

describe('package.json', () => {
  const manifest = JSON.parse(textOf(filled('acme-cache'), 'package.json') ?? '') as Manifest

  test('names what this package is tested with, by caret', () => {
    expect(Object.keys(manifest.devDependencies)).toEqual([
      ...['@changesets/cli', '@pipe/core', '@pipe/testing', 'typescript', 'vitest'],
    ])
    for (const [name, range] of Object.entries({ ...manifest.devDependencies, ...manifest.peerDependencies }))
      expect(range, name).toBe(devDependencies[name])
  })

  test('turns the one version that packing leaves into a range, and keeps ranges', () => {
    const versions = { ...devDependencies, '@pipe/core': '^1.4.0', vitest: '5.1.0' }
    const packed = fillTemplate(template, pluginName('acme-cache', new Set()), versions)
    expect(JSON.parse(textOf(packed, 'package.json') ?? '')).toMatchObject({
      peerDependencies: { '@pipe/core': '^1.4.0' },
      devDependencies: { '@pipe/core': '^1.4.0', vitest: '^5.1.0' },
    })
  })

  test('cannot name what has no version', () => {
    const { vitest: _, ...rest } = devDependencies
    expect(() => fillTemplate(template, pluginName('a', new Set()), rest)).toThrow('needs vitest')
  })

  test('asks for the Node that Pipe asks for', async () => {
    expect(await readOwnManifest()).toMatchObject({ engines: manifest.engines })
  })
})

test('whatever the plugin is called, its package compiles', async () => {
  const words = [
    ...[
      'index',
      'options',
      'conformance',
      'types',
      'run',
      'step',
      'map',
      'pipeline',
      'clock',
      'expect',
      'test',
      'slow',
    ],
    ...[
      'define-plugin',
      'fake-clock',
      'settings-of',
      'rules',
      'defaults',
      'object',
      'string',
      'process',
      'promise',
      'a',
      'x-1',
    ],
  ]
  // Beside this package: there its dependencies are found.
  const here = fileURLToPath(new URL('..', import.meta.url))
  const folder = await mkdtemp(join(here, 'node_modules/.compiles-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const word of words)
    await writeFolder(join(folder, word), filled(`@acme/pipe-${word}`), new AbortController().signal)
  const settings = { extends: '@pipe/config/tsconfig.base.json', include: ['*/src', '*/test'], exclude: [] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const compiler = join(here, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder, '--listFiles'])
  expect(stdout.split('\n').filter((file) => file.endsWith('/src/index.ts') && file.includes(folder))).toHaveLength(
    words.length,
  )
})
