import { hasAName, isMadeAnew } from '../checks/identity.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

const only = plugin({})

export const identities: readonly BrokenPlugin[] = [
  {
    does: 'has another name',
    make: () => plugin({ name: 'other' }),
    check: hasAName,
    says: /the name of the plugin/,
  },
  {
    does: 'has another name each time',
    make: (() => {
      let made = 0
      return () => plugin({ name: made++ === 0 ? 'broken' : `broken-${made}` })
    })(),
    check: hasAName,
    says: /the name of another one/,
  },
  {
    does: 'is one object for all pipes',
    make: () => only,
    check: isMadeAnew,
    says: /must answer with another object each time/,
  },
]
