import type { PluginHost } from '@pipe/core'
import { closesTwice, releases, setsUpAgain } from '../checks/lifecycle.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

export const lifecycles: readonly BrokenPlugin[] = [
  {
    does: 'believes after a failure that it is set up',
    make: () => {
      let host: PluginHost | undefined
      let limit = 0
      return plugin({
        setup: (given) => {
          if (host !== undefined) return
          host = given
          limit = Object.keys(given.services).length + 1
        },
        run: (_, next) => {
          if (limit === 0) throw new Error('There is no limit.')
          return next()
        },
      })
    },
    rule: setsUpAgain,
    says: /called again; a run then ends differently than usual: .*There is no limit/,
  },
  {
    does: 'listens once more each time it is set up',
    make: () => {
      let host: PluginHost | undefined
      const listener = () => undefined
      return plugin({
        setup: (given) => {
          host = given
          host.events.on('run:end', listener)
          host.clock.now()
        },
        close: () => void host?.events.off('run:end', listener),
      })
    },
    rule: setsUpAgain,
    says: /still listens to "run:end" after its `setup` failed/,
  },
  {
    does: 'cannot be closed twice',
    make: () => {
      let open = true
      return plugin({
        close: () => {
          if (!open) throw new Error('It is closed already.')
          open = false
        },
      })
    },
    rule: closesTwice,
    says: /`close`, called again, throws: It is closed already/,
  },
  {
    does: 'cannot be closed unless it was set up',
    make: () => {
      let connection: { end: () => void } | undefined
      return plugin({
        setup: () => {
          connection = { end: () => undefined }
        },
        close: () => connection!.end(),
      })
    },
    rule: closesTwice,
    says: /`close`, called without having been set up, throws/,
  },
  {
    does: 'leaves its interval ticking',
    make: () =>
      plugin({
        setup: ({ clock }) => {
          const tick = () => void clock.setTimeout(tick, 60_000)
          tick()
        },
      }),
    rule: releases,
    says: /1 timer\(s\) tick after the pipe was closed/,
  },
  {
    does: 'goes on listening',
    make: () => plugin({ setup: ({ events }) => void events.on('run:end', () => undefined) }),
    rule: releases,
    says: /still listens to "run:end" after the pipe was closed/,
  },
]
