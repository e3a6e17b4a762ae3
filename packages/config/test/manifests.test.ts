// The checks of manifests and changesets must reject what they are there for.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shell } from '../scripts/shell.ts'

let workspace: string
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'pipe-manifests-'))
})
afterEach(() => rmSync(workspace, { recursive: true }))

const paths = { types: './dist/index.d.ts', default: './dist/index.js' }
const right = {
  ...{
    name: '@pipe/retry',
    version: '1.0.0',
    description: 'Retries.',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
  },
  ...{ files: ['dist'], engines: { node: '>=22.12' } },
  exports: { '.': { '@pipe/source': './src/index.ts', ...paths } },
  publishConfig: { access: 'public', exports: { '.': paths } },
  peerDependencies: { '@pipe/core': '^1.0.0' },
  devDependencies: { '@pipe/core': 'workspace:*' },
}

function write(manifest: object) {
  mkdirSync(join(workspace, 'plugins/retry'), { recursive: true })
  writeFileSync(join(workspace, 'plugins/retry/package.json'), JSON.stringify(manifest))
}
const check = (name: string) => shell('node', [join(import.meta.dirname, `../scripts/${name}.ts`), workspace])

test('a manifest like all others passes', async () => {
  write(right)
  expect(await check('manifests')).toContain('1 manifests agree')
})

test.for<[string, object, string]>([
  ['another licence', { license: 'ISC' }, '"license" must be "MIT"'],
  [
    'dead paths for users',
    { publishConfig: { access: 'public' } },
    '"publishConfig.exports" must be "exports" without',
  ],
  ['a peer that moves at every release', { peerDependencies: { '@pipe/core': 'workspace:^' } }, 'must be a literal'],
  ['a peer that is not there in development', { devDependencies: {} }, 'must also be a dev dependency'],
  ['a second kernel', { dependencies: { '@pipe/core': '^1.0.0' } }, 'must be a peer'],
])('%s is rejected', async ([, change, message]) => {
  write({ ...right, ...change })
  await expect(check('manifests')).rejects.toThrow(message)
})

test('a major of core alone is rejected, with its plugins it passes', async () => {
  write(right)
  mkdirSync(join(workspace, '.changeset'))
  const changeset = join(workspace, '.changeset/one.md')
  writeFileSync(changeset, `---\n'@pipe/core': major\n---\n\nAnother core.\n`)
  await expect(check('changesets')).rejects.toThrow('name @pipe/retry as major')
  writeFileSync(changeset, `---\n'@pipe/core': major\n"@pipe/retry": major\n---\n\nAnother core.\n`)
  expect(await check('changesets')).toContain('✔')
})

test('so is one without what writes the version of core into other packages', async () => {
  const { peerDependencies: _, ...scaffolder } = right
  write({ ...scaffolder, name: 'create-pipe-plugin' })
  mkdirSync(join(workspace, '.changeset'))
  writeFileSync(join(workspace, '.changeset/one.md'), `---\n'@pipe/core': major\n---\n\nAnother core.\n`)
  await expect(check('changesets')).rejects.toThrow('name create-pipe-plugin as major')
})
