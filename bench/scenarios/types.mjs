// What a step costs the compiler: a chain of steps in one definition, each with the types of the one before, checked by
// three versions of TypeScript against the declarations that users get.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verdicts } from '../lib/measured.mjs'

const HOME = fileURLToPath(new URL('..', import.meta.url))
const DEEP = 150

const compilers = ['typescript-5', 'typescript-6', 'typescript-7']

/** Each step needs the one before it, every other one two of them; the functions are `async` or not. */
const source = (steps, prefix) => `import { pipeline, run, type } from '@pipe/core'

const chain = pipeline('chain', { input: type<{ id: string; count: number }>() }, (p) => {
  const s0 = p.step('s0', { run: ${prefix}({ input }) => ({ value: input.count }) })
${Array.from({ length: steps - 1 }, (_, index) => step(index + 1, prefix)).join('\n')}
  return { last: s${steps - 1} }
})

export const output: Promise<{ last: { value: number } }> = run(chain, { id: 'a', count: 1 })
// @ts-expect-error a count is no text
export const wrong = run(chain, { id: 'a', count: '1' })
`

function step(index, prefix) {
  const [a, b] = [`s${index - 1}`, `s${index - 2}`]
  const spec =
    index % 2 === 1
      ? `{ needs: { a: ${a} }, run: ${prefix}({ a }) => ({ value: a.value + 1 }) }`
      : `{ needs: { a: ${a}, b: ${b} }, run: ${prefix}({ a, b }) => ({ value: a.value + b.value }) }`
  return `  const s${index} = p.step('s${index}', ${spec})`
}

const settings = {
  compilerOptions: { strict: true, noEmit: true, target: 'es2023', module: 'nodenext', types: [], skipLibCheck: true },
}

/** Runs a compiler, and answers with what it prints. */
function compile(compiler, ...args) {
  const manifest = fileURLToPath(import.meta.resolve(`${compiler}/package.json`))
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  return spawnSync(process.execPath, [join(dirname(manifest), Object.values(bin)[0]), ...args], { encoding: 'utf8' })
    .stdout
}

/** Checks a chain of so many steps: how many instantiations it takes, and its first error. */
function check(compiler, folder, steps, prefix) {
  const file = `chain-${steps}.ts`
  writeFileSync(join(folder, file), source(steps, prefix))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...settings, files: [file] }))
  const printed = compile(compiler, '--project', folder, '--extendedDiagnostics', '--pretty', 'false')
  return {
    instantiations: Number(/^Instantiations:\s+(\d+)/m.exec(printed)?.[1]),
    error: /^.*error TS.*$/m.exec(printed)?.[0],
  }
}

/** Instantiations per step from the 50th to the 100th. */
function perAddedStep(compiler, folder, prefix) {
  const [few, many] = [50, 100].map((steps) => check(compiler, folder, steps, prefix))
  if ((few.error ?? many.error) !== undefined) throw new Error(few.error ?? many.error)
  return (many.instantiations - few.instantiations) / 50
}

const bars = [
  { text: '≤ 200', met: ({ added }) => added <= 200 },
  { text: `${DEEP} deep`, met: ({ deep }) => deep.error === undefined },
]

function row(compiler, folder) {
  const name = compile(compiler, '--version').trim().replace('Version', 'TypeScript')
  try {
    const figures = {
      added: perAddedStep(compiler, folder, ''),
      addedAsync: perAddedStep(compiler, folder, 'async '),
      deep: check(compiler, folder, DEEP, 'async '),
    }
    const { added, addedAsync, deep } = figures
    const cells = [added.toFixed(0), addedAsync.toFixed(0), deep.error ?? 'compiles']
    return { name, cells, bars: verdicts(bars, figures) }
  } catch (error) {
    return { name, failed: error.message }
  }
}

export const cases = [
  {
    name: 'types',
    title: 'what a step costs the compiler',
    table: (_, { title }) => {
      const folder = join(HOME, '.types')
      mkdirSync(folder, { recursive: true })
      const rows = compilers.map((compiler) => row(compiler, folder))
      rmSync(folder, { recursive: true })
      const added = 'instantiations per added step'
      return { title, columns: [added, `${added}, async`, `${DEEP} steps deep, async`], rows }
    },
  },
]
