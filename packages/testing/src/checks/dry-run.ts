import type { DryRunInfo, StepInfo } from '@pipe/core'
import { differences, shown } from './differences.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { replaced } from './probe.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { outcome, type Outcome, result, stageOf, type Stage } from './stage.ts'

export const dryRunsOnly: Rule = {
  name: 'says in a dry run what a step would do, and does nothing of it',
  appliesTo: (plugin) => plugin.dryRun !== undefined,
  async check(subject) {
    const verdicts: unknown[] = []
    let calls = 0
    const counted = everyKind(subject.options, () => {
      calls++
      return works.promises()
    })
    const run = ({ clock, pipe }: Stage): Promise<Outcome> => result(clock, pipe.start(counted))

    const plugin = subject.make()
    const dryRun = async (step: StepInfo, info: DryRunInfo) => {
      const verdict = await plugin.dryRun?.(step, info)
      verdicts.push(verdict)
      return verdict
    }
    const [dry, usual] = [stageOf(subject, [replaced(plugin, { dryRun })]), stageOf(subject, [subject.make()])]
    await outcome(dry.clock, dry.pipe.run(oneStep({}, works.answers)))
    const before = dry.clock.timers
    await outcome(dry.clock, dry.pipe.dryRun(counted))
    for (const verdict of verdicts) {
      must(
        isVerdict(verdict),
        `\`dryRun\` answers with ${shown(verdict)}`,
        "answer with `{ restored: true }`, `{ blocked: 'why' }`, or `undefined` for nothing special",
      )
    }
    const todo = 'let `dryRun` look and tell, and neither remember, start nor change anything'
    must(calls === 0, `a dry run calls ${calls} step(s)`, todo)
    must(dry.clock.timers <= before, `a dry run leaves ${dry.clock.timers - before} timer(s) ticking`, todo)
    const how = differences(await run(dry), await run(usual))
    must(how === '', `a run after a dry run ends differently than one without: ${how}`, todo)
    await dry.close()
    await usual.close()
  },
}

function isVerdict(verdict: unknown): boolean {
  if (verdict === undefined) return true
  const { restored, blocked } = Object(verdict) as { readonly restored?: unknown; readonly blocked?: unknown }
  return restored === true ? blocked === undefined : typeof blocked === 'string'
}
