import { shown } from './differences.ts'
import { everyKind, inWords, outcomes } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { outcome, stageOf } from './stage.ts'

export const reportsData: Rule = {
  name: 'reports nothing of a run but plain data',
  appliesTo: ({ run }) => run !== undefined,
  async check(subject) {
    for (const work of outcomes) {
      const { clock, pipe, close } = stageOf(subject, [subject.make()])
      const run = pipe.start(everyKind(subject.options, work), undefined, { failure: 'continue' })
      const { reports } = await outcome(clock, run.result)
      const found = noData(reports ?? {}, 'reports', [])
      must(
        found === '',
        `the result of a run ${inWords(work)} cannot be sent or stored: ${found}`,
        'hand `run.report` what JSON can say: text, finite numbers, booleans, null, arrays and plain objects; times as epoch ms, errors with `serializeError`',
      )
      await close()
    }
  },
}

/** What in `value` JSON cannot say, in words; an empty string when it can say it all. */
function noData(value: unknown, path: string, within: readonly unknown[]): string {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return ''
  if (typeof value === 'number') return Number.isFinite(value) ? '' : `\`${path}\` is ${value}`
  if (typeof value !== 'object') return `\`${path}\` is ${shown(value)}`
  if (within.includes(value)) return `\`${path}\` is an object that holds itself`
  const kind: unknown = Object.getPrototypeOf(value)
  if (kind !== Object.prototype && kind !== null && !Array.isArray(value))
    return `\`${path}\` is an object of the class ${value.constructor.name}`
  const all = Object.entries(value).map(([field, one]) => noData(one, `${path}.${field}`, [...within, value]))
  return all.find((found) => found !== '') ?? ''
}
