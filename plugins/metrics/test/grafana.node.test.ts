import { readFileSync } from 'node:fs'
import { parser } from '@prometheus-io/lezer-promql'
import * as client from 'prom-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { prometheus } from '../src/index.ts'
import { exposed } from './support/exposed.ts'
import { shop } from './support/shop.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

const file = new URL('../grafana.json', import.meta.url)
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
const panels = dashboard.panels.filter(({ type }) => type !== 'row')

/** As Grafana fills the variables in. */
const filledIn = (query: string, prefix = 'pipe') =>
  query
    .replaceAll('${prefix}', prefix)
    .replaceAll(/\$(pipeline|step)\b/g, '.*')
    .replaceAll('$__rate_interval', '5m')

/** What a query asks for: names of metrics, and of labels. Throws where it is no PromQL. */
function asked(query: string): { readonly metrics: readonly string[]; readonly labels: readonly string[] } {
  const metrics: string[] = []
  const labels: string[] = []
  parser.parse(query).iterate({
    enter: ({ type, name, from, to }) => {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${query}`)
      if (name === 'Identifier') metrics.push(query.slice(from, to))
      if (name === 'LabelName') labels.push(query.slice(from, to))
    },
  })
  return { metrics, labels }
}

/** The queries of `label_values(…)`, each with the label that it lists. */
const variables = dashboard.templating.list.flatMap(({ definition }) => {
  const [, query, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? []
  return query === undefined || label === undefined ? [] : [{ query, label }]
})

const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
)

/** What a registry has. */
let series: ReturnType<typeof exposed> = new Map()
beforeAll(async () => {
  const registry = new client.Registry()
  await shop({ sink: prometheus(client, registry) }).run()
  series = exposed(await registry.metrics())
})

describe('the dashboard', () => {
  test.each(queries)(
    '$title: every metric and label of $expr is in the output of a registry',
    ({ expr, legendFormat }) => {
      const { metrics, labels } = asked(filledIn(expr))
      expect(metrics).not.toEqual([])
      for (const metric of metrics) {
        expect([...series.keys()]).toContain(metric)
        for (const label of labels) expect([...series.get(metric)!]).toContain(label)
      }
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labels).toContain(label)
    },
  )

  test('lists labels that there are', () => {
    expect(variables.map(({ label }) => label)).toEqual(['pipeline', 'step'])
    for (const { query, label } of variables) {
      const [metric] = asked(filledIn(query)).metrics
      expect([...series.get(metric!)!]).toContain(label)
    }
  })

  test('shows every metric that is measured without being asked', () => {
    const shown = new Set(queries.flatMap(({ expr }) => asked(filledIn(expr)).metrics))
    const families = [...series.keys()]
      .filter((name) => !name.includes('_custom_') && !/_(sum|count)$/.test(name))
      .filter((name) => !shown.has(name))
    expect(families).toEqual([])
  })

  test('goes with the prefix', () => {
    for (const { expr } of queries)
      for (const metric of asked(filledIn(expr, 'shop')).metrics) expect(metric).toMatch(/^shop_/)
  })

  test('says of every panel what it shows, and in which unit', () => {
    for (const { title, description, fieldConfig } of panels) {
      expect(title).not.toBe('')
      expect(description).toMatch(/\.$/)
      expect(['s', 'short', 'ops', 'percentunit']).toContain(fieldConfig?.defaults.unit)
    }
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('has no panel upon another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })
})
