import { closesTwice, releases } from '../checks/lifecycle.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

export const lifecycles: readonly BrokenPlugin[] = [
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
    check: closesTwice,
    says: /closed already/,
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
    check: closesTwice,
    says: /undefined/,
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
    check: releases,
    says: /timers that tick after the pipe was closed/,
  },
  {
    does: 'goes on listening',
    make: () => plugin({ setup: ({ events }) => void events.on('run:end', () => undefined) }),
    check: releases,
    says: /events it still listens to/,
  },
]
