import type { StateStore, StoredRun } from '@pipe/state'

/** The methods that tell of runs, of which each is told as `change` has it; `undefined` when it is not told of at all. */
export function told(
  sound: StateStore,
  change: (run: StoredRun) => StoredRun | undefined,
): Pick<StateStore, 'acquire' | 'get' | 'list' | 'command' | 'revive'> {
  const seen = async (run: Promise<StoredRun | undefined>) => {
    const one = await run
    return one === undefined ? undefined : change(one)
  }
  return {
    acquire: async (run, request) => {
      const answer = await sound.acquire(run, request)
      return { ...answer, run: change(answer.run) ?? answer.run }
    },
    get: (id) => seen(sound.get(id)),
    list: async (filter, limit, after) => {
      const { items, ...rest } = await sound.list(filter, limit, after)
      return { ...rest, items: items.map(change).filter((run) => run !== undefined) }
    },
    command: (id, command, reason) => seen(sound.command(id, command, reason)),
    revive: (id) => seen(sound.revive(id)),
  }
}

/** A lease that has run out and that nobody took over. */
export async function isStalled(sound: StateStore, run: StoredRun | undefined): Promise<boolean> {
  return run?.status === 'running' && run.leaseUntil <= (await sound.now())
}

export const hasEnded = ({ status }: StoredRun): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled'
