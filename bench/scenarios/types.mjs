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

const source = (steps) => `import { pipeline, run, type } from '@pipe/core'

const chain = pipeline('chain', { input: type<{ id: string; count: number }>() }, (p, input) => {
  const s0 = p.step('s0', { needs: { input }, run: async ({ input }) => ({ id: input.id, count: input.count }) })
${Array.from({ length: steps - 1 }, (_, index) => step(index + 1)).join('\n')}
  return { last: s${steps - 1} }
})

export const output: Promise<{ last: { id: string; count: number } }> = run(chain, { id: 'a', count: 1 })
// @ts-expect-error a chain of numbers takes no text
export const wrong = run(chain, { id: 'a', count: '1' })
`

const step = (index) =>
  `  const s${index} = p.step('s${index}', { needs: { before: s${index - 1} }, run: async ({ before }) => ({ id: before.id, count: before.count + 1 }) })`

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

/** Checks a chain of so many steps. */
function check(compiler, folder, steps) {
  const file = `chain-${steps}.ts`
  writeFileSync(join(folder, file), source(steps))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...settings, files: [file] }))
  const printed = compile(compiler, '--project', folder, '--extendedDiagnostics', '--pretty', 'false')
  return {
    instantiations: Number(/^Instantiations:\s+(\d+)/m.exec(printed)?.[1]),
    error: /^.*error TS.*$/m.exec(printed)?.[0],
  }
}

const bars = [
  { text: '≤ 200', met: (added) => added <= 200 },
  { text: `${DEEP} deep`, met: (_, deep) => deep.error === undefined },
]

export const cases = [
  {
    name: 'types',
    title: 'what a step costs the compiler',
    table: (_, { title }) => {
      const folder = join(HOME, '.types')
      mkdirSync(folder, { recursive: true })
      try {
        const rows = compilers.map((compiler) => {
          const name = compile(compiler, '--version').trim().replace('Version', 'TypeScript')
          const [few, many, deep] = [50, 100, DEEP].map((steps) => check(compiler, folder, steps))
          const added = (many.instantiations - few.instantiations) / 50
          const failed = few.error ?? many.error
          if (failed !== undefined) return { name, failed }
          const cells = [added.toFixed(0), String(many.instantiations), deep.error ?? 'compiles']
          return { name, cells, bars: verdicts(bars, added, deep) }
        })
        return { title, columns: ['instantiations per added step', 'of 100 steps', `${DEEP} steps deep`], rows }
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  },
]
