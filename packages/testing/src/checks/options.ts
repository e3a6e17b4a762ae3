import { isPipelineError, messageOf, pipeline, PipelineError, type StepOptions } from '@pipe/core'
import { shown } from './differences.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule, Subject } from './rule.ts'
import { outcome, stageOf } from './stage.ts'
import type { Refusal } from '../plugin-check.ts'

const ownedBy = ({ make }: Subject): readonly string[] => make().stepOptions ?? []

export const ownsItsOptions: Rule = {
  name: 'is the only owner of its step options: in a pipe without it they are refused',
  appliesTo: ({ stepOptions = [] }) => stepOptions.length > 0,
  async check(subject) {
    const values: Readonly<Record<string, unknown>> = { ...subject.options }
    for (const option of ownedBy(subject)) {
      const { clock, pipe } = stageOf(subject, [])
      const running = (async () => {
        const run = () => undefined
        const defined = pipeline('one', (p) => p.step('a', { [option]: values[option] ?? NONSENSE, run }))
        await pipe.run(defined)
      })()
      const settled = running.then(
        () => false,
        (error: unknown) => isPipelineError(error, 'OPTION_UNKNOWN'),
      )
      must(
        await outcome(clock, settled),
        `a step may have the option \`${option}\` in a pipe without the plugin, so it is an option of the kernel`,
        'choose another name for the option, best that of the plugin: the kernel keeps its own to itself',
      )
    }
  },
}

export const acceptsItsOptions: Rule = {
  name: 'accepts its step options on every kind of step',
  async check(subject) {
    const [owned, given] = [ownedBy(subject), Object.keys(subject.options)]
    const missing = owned.filter((option) => !given.includes(option))
    must(
      missing.length === 0,
      `it owns ${inCode(missing)}, and the suite was given no value for that`,
      'give the suite one that it accepts for each of its `stepOptions`: describePlugin(name, make, { options: { … } })',
    )
    const foreign = given.filter((option) => !owned.includes(option))
    must(
      foreign.length === 0,
      `the suite was given ${inCode(foreign)}, which it does not own`,
      'name each of its options in `stepOptions`, and give the suite no other',
    )
    const { clock, pipe, close } = stageOf(subject, [subject.make()])
    const defined = everyKind(subject.options, works.promises)
    const problem = await outcome(
      clock,
      pipe.run(defined).then(() => undefined, messageOf),
    )
    must(
      problem === undefined,
      `a step, a map, a call and a loop with ${shown(subject.options)} do not succeed, though their work does: ${problem}`,
      'accept the options on each of them; where they mean nothing, answer `undefined`',
    )
    await close()
  },
}

const inCode = (options: readonly string[]) => options.map((option) => `\`${option}\``).join(', ')

/** No option means this, so every plugin must refuse it. */
const NONSENSE = Symbol('nonsense')

export const refusesNonsense: Rule = {
  name: 'refuses wrong options before anything starts, and says which and why',
  async check(subject) {
    const generic = ownedBy(subject).map((option): Refusal => ({
      options: { [option]: NONSENSE },
      says: [option, 'nonsense'],
    }))
    for (const refusal of [...generic, ...subject.refuses]) await refuse(subject, refusal)
  },
}

async function refuse(subject: Subject, { options, says }: Refusal): Promise<void> {
  const { clock, pipe, close } = stageOf(subject, [subject.make()])
  let started = false
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- a plugin adds fields to StepOptions
  const defined = oneStep(options as StepOptions, () => {
    started = true
  })
  const given = Object.entries(options).map(([option, value]) => `${option}: ${shown(value)}`)
  const what = `a step with { ${given.join(', ')} }`
  const settled = pipe.run(defined).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const error = await outcome(clock, settled)
  const remedy =
    'check the values in `step`, `attempt` or `policy`, and throw what `invalidOption` or `checkOptions` make'
  must(!started, `${what} is started`, remedy)
  must(error !== undefined, `${what} is accepted`, remedy)
  must(error instanceof PipelineError, `${what} is refused with no PipelineError, but ${shown(error)}`, remedy)
  must(
    error.code === 'OPTION_INVALID',
    `${what} is refused with the code ${error.code}, not OPTION_INVALID: ${error.message}`,
    remedy,
  )
  const missing = says.filter((words) => !error.message.includes(words))
  must(
    missing.length === 0,
    `${what} is refused, but without the words ${missing.map(shown).join(', ')}: ${error.message}`,
    'say in the message which option of which step it is, what it must be, and what it is',
  )
  await close()
}
