// What a step costs the compiler, in each version of TypeScript that Pipe is for: no more than a budget, however many there are.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patiently } from './stress/support/patiently.ts'

const root = join(import.meta.dirname, '../../..')
const compilers = {
  'TypeScript 5.9': 'packages/config/node_modules/typescript-5/bin/tsc',
  'TypeScript 6': 'node_modules/typescript/bin/tsc6',
  'TypeScript 7': 'node_modules/typescript-7/bin/tsc',
}

/** Instantiations that a step may add: one whose function answers at once, and one whose function is `async`. */
const budgets = { '': 200, 'async ': 400 }
type Prefix = keyof typeof budgets
const prefixes = Object.keys(budgets) as Prefix[]
const nameOf = (steps: number, prefix: Prefix) => `${prefix.trim()}${steps}`

/** A definition of so many steps: each needs the one before it, every other one two of them. */
function program(steps: number, prefix: Prefix): string {
  const declared = Array.from({ length: steps - 1 }, (_, i) => {
    const [id, a, b] = [i + 1, `s${i}`, `s${i - 1}`]
    return i % 2 === 0
      ? `  const s${id} = p.step('s${id}', { needs: { a: ${a} }, run: ${prefix}({ a }) => ({ value: a.value + 1 }) })`
      : `  const s${id} = p.step('s${id}', { needs: { a: ${a}, b: ${b} }, run: ${prefix}({ a, b }) => ({ value: a.value + b.value }) })`
  })
  return `
import { pipeline, run, type } from '@pipe/core'
const chain = pipeline('chain', { input: type<{ id: string; count: number }>() }, (p) => {
  const s0 = p.step('s0', { run: ${prefix}({ input }) => ({ value: input.count }) })
${declared.join('\n')}
  return { last: s${steps - 1} }
})
export const output: Promise<{ last: { value: number } }> = run(chain, { id: 'a', count: 1 })
// @ts-expect-error -- a count is no text
export const wrong = run(chain, { id: 'a', count: '1' })
`
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipe-budget-'))
  for (const prefix of prefixes)
    for (const steps of [50, 100, 150]) {
      const name = nameOf(steps, prefix)
      const compilerOptions = {
        paths: { '@pipe/core': [join(root, 'packages/core/src/index.ts')] },
        types: [],
        typeRoots: [],
      }
      writeFileSync(join(folder, `${name}.ts`), program(steps, prefix))
      writeFileSync(
        join(folder, `${name}.json`),
        JSON.stringify({
          extends: join(root, 'packages/config/tsconfig.base.json'),
          compilerOptions,
          include: [],
          files: [`${name}.ts`, join(root, 'packages/config/portable.d.ts')],
        }),
      )
    }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** How many instantiations a definition of so many steps takes; throws what the compiler says against it. */
async function instantiations(compiler: string, steps: number, prefix: Prefix): Promise<number> {
  const args = [
    join(root, compiler),
    '-p',
    join(folder, `${nameOf(steps, prefix)}.json`),
    '--pretty',
    'false',
    '--extendedDiagnostics',
  ]
  const printed = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, (_, stdout) => resolve(stdout))
  })
  const errors = printed.split('\n').filter((line) => line.includes('error TS'))
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return Number(/^Instantiations:\s+(\d+)/m.exec(printed)?.[1])
}

describe.each(Object.entries(compilers))('to %s', patiently, (_, compiler) => {
  test.each(prefixes)(
    'a step `%s() => …` costs no more than its budget, and the last one no more than the first',
    async (prefix) => {
      const [fifty, hundred, more] = [
        await instantiations(compiler, 50, prefix),
        await instantiations(compiler, 100, prefix),
        await instantiations(compiler, 150, prefix),
      ]
      expect((hundred - fifty) / 50).toBeLessThanOrEqual(budgets[prefix])
      expect((hundred - fifty) / 50).toBeGreaterThan(0)
      expect((more - hundred) / (hundred - fifty)).toBeLessThan(1.1)
    },
  )
})
