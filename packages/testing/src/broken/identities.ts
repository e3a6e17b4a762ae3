import { hasAName, isMadeAnew } from '../checks/identity.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

const only = plugin({})

export const identities: readonly BrokenPlugin[] = [
  {
    does: 'has another name',
    make: () => plugin({ name: 'other' }),
    rule: hasAName,
    says: /the plugin has the name 'other' and not 'broken'/,
  },
  {
    does: 'has another name each time',
    make: (() => {
      let made = 0
      return () => plugin({ name: made++ === 0 ? 'broken' : `broken-${made}` })
    })(),
    rule: hasAName,
    says: /has the name 'broken-\d+' and not 'broken'/,
  },
  {
    does: 'is one object for all pipes',
    make: () => only,
    rule: isMadeAnew,
    says: /answered with the same object twice/,
  },
]
