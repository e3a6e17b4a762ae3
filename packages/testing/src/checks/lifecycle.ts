import { isPipelineError, messageOf, type Plugin, type PluginHost } from '@pipe/core'
import { turn } from '../turn.ts'
import { differences } from './differences.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { replaced } from './probe.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { outcome, result, type Stage, stageOf } from './stage.ts'

export const closesTwice: Rule = {
  name: 'may be closed again, and closed without having been set up',
  async check(subject) {
    const plugin = subject.make()
    const { clock, pipe, close } = stageOf(subject, [plugin])
    await result(clock, pipe.start(everyKind(subject.options, works.promises)))
    await close()
    await closeAlone(plugin, 'again')
    await closeAlone(subject.make(), 'without having been set up')
  },
}

async function closeAlone(plugin: Plugin, when: string): Promise<void> {
  const problem = await (async () => plugin.close?.())().then(
    () => undefined,
    (error: unknown) => messageOf(error),
  )
  must(
    problem === undefined,
    `\`close\`, called ${when}, throws: ${problem}`,
    'let `close` release what is there, forget it, and do nothing when there is nothing',
  )
}

export const releases: Rule = {
  name: 'releases on close what it acquired: timers and observers',
  async check(subject) {
    const plugin = subject.make()
    const stage = stageOf(subject, [plugin])
    await result(stage.clock, stage.pipe.start(everyKind(subject.options, works.promises)))
    await closed(stage, plugin, 'the pipe was closed')
  },
}

async function closed({ clock, pipe, close }: Stage, { hooks = {} }: Plugin, when: string): Promise<void> {
  await close()
  await turn()
  must(clock.timers === 0, `${clock.timers} timer(s) tick after ${when}`, 'clear its timers in `close`')
  const own: readonly (string | symbol)[] = Object.keys(hooks)
  const left = pipe.events.eventNames().filter((name) => !own.includes(name))
  must(
    left.length === 0,
    `it still listens to ${left.map((name) => `"${String(name)}"`).join(', ')} after ${when}`,
    'take listeners that `setup` adds away in `close`, with `events.off`; or observe with `hooks`, which need no care',
  )
}

/** More members of its host than any plugin reads. */
const MEMBERS = 50

export const setsUpAgain: Rule = {
  name: 'can be set up again after its `setup` failed',
  appliesTo: (plugin) => plugin.setup !== undefined,
  async check(subject) {
    const undisturbed = stageOf(subject, [subject.make()])
    const defined = everyKind(subject.options, works.promises)
    const expected = await result(undisturbed.clock, undisturbed.pipe.start(defined))
    await undisturbed.close()
    for (let reads = 0; reads < MEMBERS; reads++) {
      const plugin = subject.make()
      let failing = true
      const setup = (host: PluginHost) => (failing ? setUpBadly(plugin, host, reads) : plugin.setup?.(host))
      const stage = stageOf(subject, [replaced(plugin, { setup })])
      const first = stage.pipe.run(oneStep({}, works.answers)).then(
        () => false,
        (error: unknown) => isPipelineError(error, 'PLUGIN_SETUP_FAILED'),
      )
      const failed = await outcome(stage.clock, first)
      failing = false
      const when = `its \`setup\` failed, after it had read ${reads} member(s) of its host, and was called again`
      if (!failed) return stage.close() // it reads no more members
      const how = differences(await result(stage.clock, stage.pipe.start(defined)), expected)
      must(
        how === '',
        `${when}; a run then ends differently than usual: ${how}`,
        'let `setup` begin from the beginning whenever it is called, and remember that it is set up at its end only',
      )
      await closed(stage, plugin, `${when}, and the pipe was closed`)
    }
  },
}

/** Sets `plugin` up with a host that throws when a member is read and `reads` were read before, while it sets itself up. */
async function setUpBadly(plugin: Plugin, host: PluginHost, reads: number): Promise<void> {
  let [left, settled] = [reads, false]
  const failing = new Proxy(host, {
    get: (target, member) => {
      if (!settled && left-- === 0) throw new Error(`the check lets \`host.${String(member)}\` fail`)
      return Reflect.get(target, member) as unknown
    },
  })
  try {
    await plugin.setup?.(failing)
  } finally {
    settled = true
  }
}
