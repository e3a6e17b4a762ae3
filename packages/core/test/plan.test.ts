import { pipeline, plan, service, toDot, toMermaid, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { numeric } from './support/schemas.ts'

const Db = service<string>()('db')
const Mail = service<string>()('mail')
const run = () => 1

const billing = pipeline('billing', { input: type<number>() }, (p) => {
  const fee = p.step('fee', { run })
  return p.step('charge', { needs: { fee }, uses: { db: Db }, run })
})
const shop = pipeline('shop', { input: type<{ id: string }>(), version: '2' }, (p, input) => {
  const user = p.step('user', { run, version: '7' })
  const gift = p.step('gift', { needs: { user }, when: () => true, optional: true, run })
  const bill = p.call('bill', billing, { needs: { user }, after: [gift], input: () => 1 })
  const rate = p.fallback('rate', { needs: { input }, alternatives: { a: run, b: run } })
  const mails = p.map('mails', { needs: { bill, rate }, uses: { m: Mail }, over: () => [1], concurrency: 4, run })
  return { mails, gift }
})

describe('a plan', () => {
  test('lists every step with what it reads, in the order of declaration', () => {
    const { nodes } = plan(shop)
    expect(nodes.map(({ id }) => id)).toEqual(['user', 'gift', 'bill', 'rate/a', 'rate/b', 'rate', 'mails'])
    expect(nodes[0]).toEqual({
      id: 'user',
      kind: 'step',
      needs: [],
      after: [],
      readsInput: true,
      conditional: false,
      optional: false,
      services: [],
      options: [],
      version: '7',
    })
    expect(nodes[1]).toMatchObject({ needs: ['user'], readsInput: false, conditional: true, optional: true })
    expect(nodes[2]).toMatchObject({ kind: 'call', needs: ['user'], after: ['gift'] })
    expect(nodes[6]).toMatchObject({ kind: 'map', needs: ['bill', 'rate'], services: ['mail'], limit: 4 })
  })

  test('lists the edges by kind', () => {
    expect(plan(shop).edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`)).toEqual([
      'user read gift',
      'user read bill',
      'gift order bill',
      'rate/a failure rate/b',
      'rate/a read rate',
      'rate/b read rate',
      'bill read mails',
      'rate read mails',
    ])
  })

  test.each([3, 40])(
    'lists each of %i edges once, in the order of declaration, whatever the order of the needs',
    (count) => {
      const many = pipeline('many', (p, input) => {
        const steps = Array.from({ length: count }, (_, i) => p.step(`${i}`, { needs: [], run }))
        const needs = [...steps.toReversed(), input, ...steps.slice(1)]
        return p.step('last', { needs, after: [steps[0]!, p.step('order', { run }), steps[1]!], run })
      })
      const ids = Array.from({ length: count }, (_, i) => `${i}`)
      const { nodes, edges } = plan(many)
      expect(edges).toEqual([
        ...ids.map((from) => ({ from, to: 'last', kind: 'read' })),
        { from: 'order', to: 'last', kind: 'order' },
      ])
      expect(nodes.at(-1)).toMatchObject({ needs: ids.toReversed(), after: ['0', 'order', '1'], readsInput: true })
    },
  )

  test('says what could run at the same time, and what the duration depends on', () => {
    const { waves, criticalPath } = plan(shop)
    expect(waves).toEqual([['user', 'rate/a'], ['gift', 'rate/b'], ['bill', 'rate'], ['mails']])
    expect(criticalPath).toEqual(['user', 'gift', 'bill', 'mails'])
  })

  test('says what is required and what comes out', () => {
    const { pipeline: name, version, services, outputs } = plan(shop)
    expect({ name, version, services, outputs }).toEqual({
      name: 'shop',
      version: '2',
      services: ['db', 'mail'],
      outputs: { mails: 'mails', gift: 'gift' },
    })
    expect(plan(billing).outputs).toEqual({ '': 'charge' })
    expect(plan(pipeline('echo', { input: type<string>() }, (_, input) => input)).outputs).toEqual({ '': 'input' })
  })

  test('has the plans of pipelines inside, with whole paths', () => {
    const inner = plan(shop).nodes[2]?.inner
    expect(inner).toMatchObject({ pipeline: 'billing', criticalPath: ['bill/fee', 'bill/charge'] })
    expect(inner?.nodes.map(({ id }) => id)).toEqual(['bill/fee', 'bill/charge'])
  })

  test('names the keys that the input must have, when its schema can tell', () => {
    const described = (input: () => unknown) =>
      plan(pipeline('p', { input: { '~standard': { ...numeric['~standard'], jsonSchema: { input } } } }, (_, it) => it))
    expect(described(() => ({ required: ['id', 'name'] })).inputKeys).toEqual(['id', 'name'])
    expect(described(() => ({})).inputKeys).toBeUndefined()
    const unable = () => {
      throw new Error('has no JSON Schema')
    }
    expect(described(unable)).not.toHaveProperty('inputKeys')
    expect(plan(shop)).not.toHaveProperty('inputKeys')
  })

  test('warns of maps without a limit, inside too', () => {
    const inner = pipeline('inner', (p) => p.map('m', { over: () => [1], run }))
    const outer = pipeline('outer', (p) => ({
      call: p.call('call', inner, { input: () => undefined }),
      each: p.map('each', { over: () => [undefined], run: inner }),
    }))
    const warning = (id: string) => `Map "${id}" starts all of its items at once; give it a \`concurrency\`.`
    expect(plan(outer).warnings).toEqual([warning('call/m'), warning('each'), warning('each/m')])
    expect(plan(shop).warnings).toEqual([])
  })

  test('is plain data', () => {
    expect(JSON.parse(JSON.stringify(plan(shop)))).toEqual(plan(shop))
  })

  test('of nothing is empty', () => {
    expect(plan(pipeline('p', () => ({})))).toMatchObject({ nodes: [], edges: [], waves: [], criticalPath: [] })
  })

  test('needs no services, no plugins and no stack, however long the chain', () => {
    const chain = pipeline('chain', (p, input) => {
      let last = p.step('0', { needs: { input }, run })
      for (let i = 1; i < 20_000; i++) last = p.step(`${i}`, { needs: { last }, run })
      return last
    })
    expect(plan(chain).waves).toHaveLength(20_000)
  })
})

describe('a drawing', () => {
  const odd = pipeline('odd "names"', (p) => {
    const a = p.step('say "hi" #1 \\', { run })
    const many = p.map('many', { needs: { a }, over: () => [1], run: billing })
    const again = p.loop('again', billing, { after: [many], input: () => 1, until: () => true, max: 3 })
    return p.select('chosen', [a, again])
  })

  test('in Mermaid is a flowchart', () => {
    expect(toMermaid(plan(shop))).toMatchInlineSnapshot(`
      "flowchart TD
        n0["user"]
        n1["gift (when, optional)"]
        subgraph n2["bill (call)"]
          n3["bill/fee"]
          n4["bill/charge"]
          n3 --> n4
        end
        n5["rate/a"]
        n6["rate/b"]
        n7{"rate (fallback)"}
        n8[["mails (map, max 4)"]]
        n0 --> n1
        n0 --> n2
        n1 -.-> n2
        n5 -. failed .-> n6
        n5 --> n7
        n6 --> n7
        n2 --> n8
        n7 --> n8
      "
    `)
  })

  test('in Mermaid quotes what users wrote', () => {
    expect(toMermaid(plan(odd))).toMatchInlineSnapshot(`
      "flowchart TD
        n0["say #quot;hi#quot; #35;1 \\"]
        subgraph n1["many (map)"]
          n2["many/fee"]
          n3["many/charge"]
          n2 --> n3
        end
        subgraph n4["again (loop, max 3)"]
          n5["again/fee"]
          n6["again/charge"]
          n5 --> n6
        end
        n7{"chosen (select)"}
        n0 --> n1
        n1 -.-> n4
        n0 --> n7
        n4 --> n7
      "
    `)
  })

  test('in DOT is a digraph', () => {
    expect(toDot(plan(shop))).toMatchInlineSnapshot(`
      "digraph "shop" {
        n0 [label="user", shape=box]
        n1 [label="gift (when, optional)", shape=box]
        subgraph cluster_n2 {
          n2 [label="bill (call)", shape=component]
          n3 [label="bill/fee", shape=box]
          n4 [label="bill/charge", shape=box]
          n3 -> n4
        }
        n5 [label="rate/a", shape=box]
        n6 [label="rate/b", shape=box]
        n7 [label="rate (fallback)", shape=diamond]
        n8 [label="mails (map, max 4)", shape=box3d]
        n0 -> n1
        n0 -> n2
        n1 -> n2 [style=dashed]
        n5 -> n6 [style=dashed, label="failed"]
        n5 -> n7
        n6 -> n7
        n2 -> n8
        n7 -> n8
      }
      "
    `)
  })

  test('in DOT quotes what users wrote', () => {
    expect(toDot(plan(odd))).toMatchInlineSnapshot(`
      "digraph "odd \\"names\\"" {
        n0 [label="say \\"hi\\" #1 \\\\", shape=box]
        subgraph cluster_n1 {
          n1 [label="many (map)", shape=box3d]
          n2 [label="many/fee", shape=box]
          n3 [label="many/charge", shape=box]
          n2 -> n3
        }
        subgraph cluster_n4 {
          n4 [label="again (loop, max 3)", shape=ellipse]
          n5 [label="again/fee", shape=box]
          n6 [label="again/charge", shape=box]
          n5 -> n6
        }
        n7 [label="chosen (select)", shape=diamond]
        n0 -> n1
        n1 -> n4 [style=dashed]
        n0 -> n7
        n4 -> n7
      }
      "
    `)
  })
})
