import { describe, expect, test } from 'vitest'
import { kinds } from './support/clients.ts'
import { aRun, lab, listening, request } from './support/lab.ts'
import { until } from './support/until.ts'

describe.each(kinds)('watch, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)
  let watches = 0
  const own = () => `${prefix}:${++watches}`

  test('tells of what a run is asked, by whichever store', async () => {
    const prefix = own()
    const [store, other] = [await open({ prefix }), await open({ prefix }, kinds[1]![1])]
    const { run } = await store.acquire(aRun(), request())
    const heard: string[] = []
    const end = store.watch!((id) => heard.push(id))
    await until(async () => (await listening(client(), prefix)) === 1)

    await other.command(run.id, 'pause')
    await until(() => heard.length === 1)
    await other.command(run.id, 'cancel')
    await until(() => heard.length === 2)
    await other.command(run.id, 'run') // changes nothing, for it is cancelled
    await other.command('nobody', 'pause')
    expect(heard).toEqual([run.id, run.id])

    end()
    await until(async () => (await listening(client(), prefix)) === 0)
  })

  test('needs one connection, from the first listener to the last', async () => {
    const prefix = own()
    const store = await open({ prefix })
    const { run } = await store.acquire(aRun(), request())
    const heard: string[] = []
    const listener = (id: string) => heard.push(id)
    expect(await listening(client(), prefix)).toBe(0)
    const ends = [store.watch!(listener), store.watch!(listener)]
    await until(async () => (await listening(client(), prefix)) === 1)
    await store.command(run.id, 'pause')
    await until(() => heard.length === 2)

    ends[0]!()
    ends[0]!()
    await store.command(run.id, 'run')
    await until(() => heard.length === 3)
    ends[1]!()
    await until(async () => (await listening(client(), prefix)) === 0)
  })

  test('ends with the store, also when it has only begun', async () => {
    const prefix = own()
    const store = await open({ prefix })
    store.watch!(() => expect.unreachable())
    await store.close()
    await until(async () => (await listening(client(), prefix)) === 0)
    expect(() => store.watch!(() => undefined)).toThrow('closed')
  })

  test('goes on after the connection broke', async () => {
    const prefix = own()
    const store = await open({ prefix })
    const { run } = await store.acquire(aRun(), request())
    const heard: string[] = []
    store.watch!((id) => heard.push(id))
    await until(async () => (await listening(client(), prefix)) === 1)
    await client().send('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await until(async () => {
      await store.command(run.id, 'pause')
      return heard.length > 0
    })
    await store.close()
    await until(async () => (await listening(client(), prefix)) === 0)
  })
})
