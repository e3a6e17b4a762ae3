import type { Driver, Statement } from '../../src/drivers/driver.ts'

/** What the tables of the history, and other names that questions give them, are called in plans. */
const TABLES = /^(pipeline_executions|step_executions|step_attempts|run|one|deeper)$/

/** How a database goes about a statement: in one line each, and which tables it reads from one end to the other. */
export interface Plan {
  readonly lines: readonly string[]
  readonly scans: readonly string[]
}

/** Asks for the plan of a statement. */
export async function planOf(driver: Driver, { sql, parameters }: Statement): Promise<Plan> {
  const explain = { sqlite: 'EXPLAIN QUERY PLAN', postgres: 'EXPLAIN (FORMAT JSON)', mysql: 'EXPLAIN' }[driver.dialect]
  const { rows } = await driver.read({ sql: `${explain} ${sql}`, parameters })
  if (driver.dialect === 'postgres') {
    const nodes = rows.flatMap((row) => nodesIn(row['QUERY PLAN']))
    const lines = nodes.map((node) => [node['Node Type'], node['Relation Name'], node['Index Name']].join(' '))
    return { lines, scans: lines.filter((line) => line.startsWith('Seq Scan')) }
  }
  if (driver.dialect === 'mysql') {
    const lines = rows.map((row) => [row['type'], row['table'], row['key'], row['rows']].join(' '))
    return { lines, scans: lines.filter((line) => line.startsWith('ALL ') && TABLES.test(line.split(' ')[1]!)) }
  }
  const lines = rows.map((row) => String(row['detail']))
  return { lines, scans: lines.filter((line) => line.startsWith('SCAN ') && TABLES.test(line.slice(5))) }
}

type Node = Readonly<Record<string, unknown>>

/** The nodes of a plan of PostgreSQL: parsed, or as text. */
function nodesIn(plan: unknown): readonly Node[] {
  if (typeof plan === 'string') return nodesIn(JSON.parse(plan))
  if (Array.isArray(plan)) return plan.flatMap((one: Node) => nodesIn(one['Plan'] ?? one))
  const node = plan as Node
  return [node, ...(node['Plans'] === undefined ? [] : nodesIn(node['Plans']))]
}

/** The statements that `act` has a driver execute. */
export async function statementsOf(driver: Driver, act: () => Promise<unknown>): Promise<readonly Statement[]> {
  const found: Statement[] = []
  const read = driver.read.bind(driver)
  const write = driver.write.bind(driver)
  const transact = driver.transact.bind(driver)
  driver.write = (statement) => {
    found.push(statement)
    return write(statement)
  }
  driver.read = (statement) => {
    found.push(statement)
    return read(statement)
  }
  driver.transact = (work) =>
    transact(function* () {
      const steps = work()
      let step = steps.next()
      while (step.done !== true) {
        found.push(step.value)
        step = steps.next(yield step.value)
      }
      return step.value
    })
  try {
    await act()
  } finally {
    Object.assign(driver, { read, write, transact })
  }
  return found
}
