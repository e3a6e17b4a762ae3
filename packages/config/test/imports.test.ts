// Each rule of imports.ts must reject what it is there for: a small workspace breaks every one of them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import rules from '../imports.ts'
import { shell } from '../scripts/shell.ts'

const workspace = mkdtempSync(join(tmpdir(), 'pipe-imports-'))
const files: Record<string, string> = {
  'packages/core/src/index.ts': `export { run } from './run.ts'`,
  'packages/core/src/run.ts': `export const run = 1`,
  'packages/core/src/floor.ts': `import '../../state/src/store.ts'`,
  'packages/core/src/emitter.ts': `import Emitter from '../node_modules/typed-emitter/index.js'; export { Emitter }`,
  'packages/core/node_modules/typed-emitter/index.js': ``,
  'packages/state/src/store.ts': `import '../../testing/src/suite.ts'`,
  'packages/redaction/src/copy.ts': `import '../../state/src/store.ts'`,
  'packages/testing/src/suite.ts': `import type { a } from '../../../plugins/a/src/a.ts'`,
  'packages/cli/src/cli.ts': `import '../../../plugins/a/src/a.ts'`,
  'packages/cli/test/cli.test.ts': `import '../src/cli.ts'`,
  'packages/cli/src/bad.ts': `import '../test/cli.test.ts'`,
  'plugins/a/package.json': `{ "name": "a", "devDependencies": { "helper": "1" } }`,
  'plugins/a/node_modules/helper/package.json': `{ "name": "helper", "main": "index.js" }`,
  'plugins/a/node_modules/helper/index.js': ``,
  'plugins/a/src/a.ts': `import type { b } from './b.ts'; import 'helper'; export type a = b`,
  'plugins/a/src/b.ts': `import type { a } from './a.ts'; import '../../b/src/b.ts'; export type b = a`,
  'plugins/a/src/index.ts': ``,
  'plugins/a/src/door.ts': `import './index.ts'; import './utils.ts'; import './nowhere.ts'`,
  'plugins/a/src/utils.ts': ``,
  'plugins/b/src/b.ts': ``,
}
let broken: { rule: { name: string }; from: string; to: string }[]

beforeAll(async () => {
  for (const [file, code] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, file)), { recursive: true })
    writeFileSync(join(workspace, file), code)
  }
  const config = join(import.meta.dirname, '../imports.ts')
  const args = ['--config', config, '--output-type', 'json', 'packages', 'plugins']
  const result = JSON.parse(await shell('depcruise', args, { cwd: workspace })) as {
    summary: { violations: typeof broken }
  }
  broken = result.summary.violations
})
afterAll(() => rmSync(workspace, { recursive: true }))

test.for(rules.forbidden.map(({ name }) => name))('%s rejects', (name) => {
  expect(broken.map(({ rule }) => rule.name)).toContain(name)
})

test('what is allowed is not rejected', () => {
  const rejected = broken.map(({ from, to }) => `${from} → ${to}`)
  expect(rejected).not.toContain('packages/core/src/index.ts → packages/core/src/run.ts')
  expect(rejected).not.toContain('packages/cli/test/cli.test.ts → packages/cli/src/cli.ts')
})
