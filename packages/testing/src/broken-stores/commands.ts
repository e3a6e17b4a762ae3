import { asksNoEnded, cancelsForGood, hearsCommands, pauses, watches } from '../stores/commands.ts'
import { acquiresAgain, commitsAgain, endsAgain, endsForGood, releasesAgain } from '../stores/endings.ts'
import { entriesOf } from '../stores/asking.ts'
import type { BrokenStore } from './broken-store.ts'
import { hasEnded, isStalled, told } from './changed.ts'

export const commands: readonly BrokenStore[] = [
  {
    does: 'renews and says nothing of the command',
    breaks: (sound) => ({
      renew: async (id, fence, leaseMs) =>
        (await sound.renew(id, fence, leaseMs)) === null ? null : { command: 'run' },
    }),
    rule: hearsCommands,
    says: /in the next renewal after a run was asked to pause with a reason, .*`command` is 'run' instead of 'pause'/,
  },
  {
    does: 'keeps the reason of a command that was taken back',
    breaks: (sound) => ({
      command: async (id, command, reason) => sound.command(id, command, reason ?? (await sound.get(id))?.reason),
    }),
    rule: hearsCommands,
    says: /in the answer after a run was asked to run, `reason` is there, 'for the night'/,
  },
  {
    does: 'gives a run away that is asked to pause',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const isFree = seen?.command === 'pause' && (seen.status === 'waiting' || (await isStalled(sound, seen)))
        if (isFree) await sound.command(run.id, 'run')
        return await sound.acquire(run, request)
      },
    }),
    rule: pauses,
    says: /a run that is asked to pause and handed back is given to another owner/,
  },
  {
    does: 'keeps the last reason of a cancel',
    breaks: (sound, notes) => {
      const changed = told(sound, (run) => {
        const reason = notes.get(run.id)
        return reason === undefined ? run : { ...run, reason }
      })
      return {
        ...changed,
        command: async (id, command, reason) => {
          const seen = await sound.get(id)
          if (seen?.command === 'cancel' && reason !== undefined) notes.set(id, reason)
          return await changed.command(id, command, reason)
        },
      }
    },
    rule: cancelsForGood,
    says: /in the answer to run after cancel, `reason` is 'another reason' instead of 'the first reason'/,
  },
  {
    does: 'lets a run be cancelled that has ended',
    breaks: (sound, notes) => {
      const changed = told(sound, (run) => (notes.has(run.id) ? { ...run, command: 'cancel' } : run))
      return {
        ...changed,
        command: async (id, command, reason) => {
          const seen = await sound.get(id)
          if (seen !== undefined && hasEnded(seen) && command === 'cancel') notes.set(id, '')
          return await changed.command(id, command, reason)
        },
      }
    },
    rule: asksNoEnded,
    says: /after a run that has succeeded was asked to cancel, something of the run is changed: `run\.command` is 'cancel'/,
  },
  {
    does: 'begins a run anew that has ended, though nobody asked for that',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const again = seen !== undefined && hasEnded(seen)
        return await sound.acquire(run, again ? { ...request, anew: true } : request)
      },
    }),
    rule: endsForGood,
    says: /in the answer to first who asks for a run that has succeeded, `fence` is \d+ instead of null/,
  },
  {
    does: 'refuses an owner that asks again',
    breaks: (sound) => ({
      acquire: async (run, request) => {
        const seen = await sound.get(run.id)
        const isHeld = seen?.status === 'running' && !(await isStalled(sound, seen))
        return isHeld ? { fence: null, created: false, run: seen } : await sound.acquire(run, request)
      },
    }),
    rule: acquiresAgain,
    says: /when an owner asks again, the answer, `fence` is null instead of \d+/,
  },
  {
    does: 'refuses to release again',
    breaks: (sound) => ({
      release: async (id, fence, as, outcome) =>
        (await sound.get(id))?.leaseUntil !== 0 && (await sound.release(id, fence, as, outcome)),
    }),
    rule: releasesAgain,
    says: /release\(\), called again since the answer was lost, is answered as if it had failed/,
  },
  {
    does: 'refuses to end again',
    breaks: (sound) => ({
      end: async (id, fence, as, outcome) =>
        (await sound.get(id))?.leaseUntil !== 0 && (await sound.end(id, fence, as, outcome)),
    }),
    rule: endsAgain,
    says: /end\(\), called again since the answer was lost, is answered as if it had failed/,
  },
  {
    does: 'refuses a commit of what is recorded',
    breaks: (sound) => ({
      commit: async (id, fence, entries) => {
        const known = await entriesOf(sound, id)
        if (entries.some(({ key, value }) => known.get(key)?.final === true && known.get(key)?.value === value)) {
          throw new Error('The key is taken.')
        }
        return await sound.commit(id, fence, entries)
      },
    }),
    rule: commitsAgain,
    says: /it threw: The key is taken/,
  },
  {
    does: 'tells nobody who watches',
    breaks: () => ({ watch: () => () => undefined }),
    rule: watches,
    says: /a listener hears nothing of 40 commands/,
  },
  {
    does: 'does not let anybody stop watching',
    breaks: (sound) => ({
      watch: (listener) => {
        sound.watch?.(listener)
        return () => undefined
      },
    }),
    rule: watches,
    says: /a listener is called although it has stopped watching/,
  },
]
