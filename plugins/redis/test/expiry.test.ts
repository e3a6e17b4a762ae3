import { describe, expect, test } from 'vitest'
import { kinds } from './support/clients.ts'
import { aRun, expire, keysWith, lab, request } from './support/lab.ts'

describe.each(kinds)('with %s', (_, connect) => {
  const { client, prefix, store } = lab(connect)

  test('nothing of a run expires, whatever becomes of it', async () => {
    const runs = await store()
    for (const as of ['running', 'stalled', 'waiting', 'blocked', 'succeeded', 'dead'] as const) {
      const run = aRun()
      const { fence } = await runs.acquire(run, request())
      await runs.commit(run.id, fence!, [{ key: 'a', value: 'a', final: true }])
      await runs.renew(run.id, fence!, 1_000)
      await runs.command(run.id, 'run', 'why')
      if (as === 'waiting' || as === 'blocked') await runs.release(run.id, fence!, as)
      if (as === 'succeeded') await runs.end(run.id, fence!, as, '')
      if (as === 'stalled' || as === 'dead') await expire(client(), prefix, run.id)
      if (as === 'dead') await runs.acquire(run, request({ maxCrashes: 0 }))
    }
    const { send } = client()
    const keys = (await keysWith(send, prefix)).filter((key) => !key.endsWith('swept')) // that the index was looked through
    expect(keys.length).toBeGreaterThan(12)
    expect(await Promise.all(keys.map((key) => send('TTL', key)))).toEqual(keys.map(() => -1))
  })
})
