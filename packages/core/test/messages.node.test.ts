// What the compiler says to the mistakes that users make most, in each version of TypeScript that Pipe is for.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const compilers = {
  'TypeScript 5.9': 'packages/config/node_modules/typescript-5/bin/tsc',
  'TypeScript 6': 'node_modules/typescript/bin/tsc6',
  'TypeScript 7': 'node_modules/typescript-7/bin/tsc',
}

const given = `
import { createPipe, pipeline, type Pipeline, run, type Schema, service, type Steps, type Handle } from '@pipe/core'
interface Database { find(id: string): string }
declare const db: Database
const Db = service<Database>()('db')
declare const p: Steps<{ id: string }>
declare const input: Handle<{ id: string }>
declare const user: Handle<{ name: string }>
declare const numeric: Schema<string, number>
declare const bill: Pipeline<{ lines: number[] }, string>
declare const stored: Pipeline<{ id: string }, string, { readonly db: Database }>
declare const tidy: Pipeline<void, number, { readonly db: Database }>
`

const undeclared = "Property 'user' does not exist on type 'Outputs<"
const services = 'options: RunOptions & { readonly services: { readonly db: Database; }; }]'

/** One mistake a line, and words of what is said to it. */
const mistakes: readonly (readonly [mistake: string, code: string, ...says: string[]])[] = [
  [
    'a read that is not declared',
    `p.step('a', { needs: { input }, run: ({ input, user }) => [input, user] })`,
    undeclared,
  ],
  ['a read beside the input', `p.step('a', { run: ({ input, user }) => [input, user] })`, undeclared],
  ['a misspelt key', `p.step('a', { need: { user }, run: () => 1 })`, "'need' does not exist", "write 'needs'?"],
  ['an option without its plugin', `p.step('a', { retry: 3, run: () => 1 })`, "'retry' does not exist"],
  ['a step without a function', `p.step('a', { needs: { user } })`, "Property 'run' is missing"],
  [
    'a need that is no handle',
    `p.step('a', { needs: { user: 1 }, run: () => 1 })`,
    "'number' is not assignable to type 'Handle<",
  ],
  [
    'a condition that is no boolean',
    `p.step('a', { when: () => 1, run: () => 1 })`,
    "'number' is not assignable to type 'boolean'",
  ],
  [
    'a service that is not listed',
    `p.step('a', { run: (_, { use }) => use.db })`,
    "'db' does not exist on type 'Services<None>'",
  ],
  [
    'a service that is none',
    `p.step('a', { uses: { db }, run: () => 1 })`,
    "missing in type 'Database' but required in type 'Service<",
  ],
  [
    'an output that the schema refuses',
    `p.step('a', { output: numeric, run: () => 1 })`,
    "'number' is not assignable to type 'string | ",
  ],
  [
    'a promise of one',
    `p.step('a', { output: numeric, run: async () => 1 })`,
    "'Promise<number>' is not assignable to type 'Promise<string>'",
  ],
  [
    'an input that a pipeline does not take',
    `p.call('a', bill, { input: () => ({ lines: ['1'] }) })`,
    "'string' is not assignable to type 'number'",
  ],
  [
    'a handle that a pipeline does not take',
    `p.call('a', bill, { input: user })`,
    "'{ name: string; }' but required in type '{ lines: number[]; }'",
  ],
  ['a call without its input', `p.call('a', bill, {})`, "Property 'input' is missing"],
  ['a call without anything', `p.call('a', bill)`, "'undefined' is not assignable to type '{ lines: number[]; }'"],
  ['a run without services', `run(stored, { id: '1' })`, services, 'Source has 1 element(s) but target requires 2'],
  ['a run without input and services', `run(tidy)`, `[input: void, ${services}`, 'Source has 0 element(s)'],
  ['a pipe without the service', `createPipe().run(tidy)`, `[input: void, ${services}`],
  [
    'a run with no services in its options',
    `run(tidy, undefined, {})`,
    "Property 'services' is missing",
    '{ readonly db: Database; }',
  ],
  [
    'a run with another service',
    `run(tidy, undefined, { services: { db: 1 } })`,
    "'number' is not assignable to type 'Database'",
  ],
  [
    'a run with another input',
    `createPipe({ services: { db } }).run(stored, { id: 1 })`,
    "'number' is not assignable to type 'string'",
  ],
  [
    'an input that is no schema',
    `pipeline('p', { input: 1 }, (_, input) => input)`,
    "'number' is not assignable to type 'Schema<",
  ],
  ['a definition that returns nothing', `pipeline('p', () => {})`, "'void' is not assignable to type 'Returned'"],
  [
    'a definition that returns data',
    `pipeline('p', () => ({ a: 1 }))`,
    "'number' is not assignable to type 'AnyHandle'",
  ],
]

const folder = mkdtempSync(join(tmpdir(), 'pipe-messages-'))
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  writeFileSync(
    join(folder, 'mistakes.ts'),
    [given.trim(), ...mistakes.map(([, code]) => code), 'export {}'].join('\n'),
  )
  const compilerOptions = {
    paths: { '@pipe/core': [join(root, 'packages/core/src/index.ts')] },
    types: [],
    typeRoots: [],
  }
  const settings = {
    extends: join(root, 'packages/config/tsconfig.base.json'),
    compilerOptions,
    files: ['mistakes.ts', join(root, 'packages/config/portable.d.ts')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
})

/** What a compiler says of each line. */
async function compile(compiler: string): Promise<ReadonlyMap<number, string>> {
  const printed = await new Promise<string>((resolve) => {
    execFile(process.execPath, [join(root, compiler), '-p', folder, '--pretty', 'false'], (_, stdout) =>
      resolve(stdout),
    )
  })
  const said = new Map<number, string>()
  let line = 0
  for (const text of printed.split('\n')) {
    line = Number(/mistakes\.ts\((\d+),/.exec(text)?.[1] ?? (text.startsWith(' ') ? line : 0))
    said.set(line, `${said.get(line) ?? ''}${text}\n`)
  }
  return said
}

describe.each(Object.entries(compilers))('%s', (_, compiler) => {
  let said: ReadonlyMap<number, string>
  beforeAll(async () => {
    said = await compile(compiler)
  })
  const first = given.trim().split('\n').length + 1

  test('has nothing to say to what is right', () => {
    expect(
      [...said].filter(([line, text]) => text !== '\n' && (line < first || line >= first + mistakes.length)),
    ).toEqual([])
  })

  test.each(mistakes.map(([mistake, , ...says], index) => [mistake, first + index, says] as const))(
    'says what is wrong with %s',
    (_, line, says) => {
      const text = said.get(line) ?? ''
      for (const words of says) expect(text).toContain(words)
    },
  )
})
