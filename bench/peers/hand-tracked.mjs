// The rows of the tracker, in its tables, written by hand: no row ever comes twice, late, or in vain.
import { randomUUID } from 'node:crypto'
import { migrate } from '@pipe/sql'

const run = ['run_id', 'pipeline', 'status', 'worker', 'execution', 'fence', 'seq', 'executions', 'started_at', 'resumed_at', 'seen_at', 'steps_succeeded', 'steps_restored', 'steps_skipped', 'steps_failed', 'steps_cancelled'] // prettier-ignore
const step = ['run_id', 'path', 'pipeline', 'step', 'status', 'execution', 'seq', 'attempts', 'started_at', 'ended_at', 'duration_ms'] // prettier-ignore

const insert = (table, columns, values) => `INSERT INTO ${table} (${columns.join(', ')}) ${values}`
const places = (count) => `(${Array.from({ length: count }, () => '?').join(', ')})`
const numbered = (sql) => {
  let last = 0
  return sql.replaceAll('?', () => `$${++last}`)
}

/** `execute` one statement; `insertAll` steps, arrays of values, at once. */
const clients = {
  sqlite({ db }) {
    const prepared = new Map()
    const get = (sql) => {
      if (!prepared.has(sql)) prepared.set(sql, db.prepare(sql))
      return prepared.get(sql)
    }
    return {
      execute: (sql, parameters) => get(sql).run(...parameters),
      insertAll(rows) {
        const statement = get(insert('step_executions', step, `VALUES ${places(step.length)}`))
        db.exec('BEGIN')
        for (const row of rows) statement.run(...row)
        db.exec('COMMIT')
      },
    }
  },
  postgres({ db }) {
    const types = step.map(
      (name) => `${name} ${/_at|_ms/.test(name) ? 'float8' : /seq|attempts/.test(name) ? 'int' : 'text'}`,
    )
    const all = insert('step_executions', step, `SELECT * FROM json_to_recordset($1) AS r(${types.join(', ')})`)
    return {
      execute: (sql, parameters) => db.query(numbered(sql), parameters),
      insertAll: (rows) => db.query(all, [JSON.stringify(rows.map(objectOf))]),
    }
  },
  mysql({ db }) {
    const values = (rows) => `VALUES ${rows.map(() => places(step.length)).join(', ')}`
    return {
      execute: (sql, parameters) => db.execute(sql, parameters),
      insertAll: (rows) => db.execute(insert('step_executions', step, values(rows)), rows.flat()),
    }
  },
}

const objectOf = (row) => Object.fromEntries(step.map((name, i) => [name, row[i]]))

/** Writes the row of a run; answers its id. */
async function begin(execute) {
  const [id, now] = [randomUUID(), Date.now()]
  const row = [id, 'wide', 'running', 'hand', id, 0, 1, 1, now, now, now, 0, 0, 0, 0, 0]
  await execute(insert('pipeline_executions', run, `VALUES ${places(run.length)}`), row)
  return id
}

const end = (execute, id, steps) =>
  execute(`UPDATE pipeline_executions SET status = 'succeeded', ended_at = ?, steps_succeeded = ? WHERE run_id = ?`, [
    Date.now(),
    steps,
    id,
  ])

/** All steps side by side, then all of their rows at once. */
export async function batch(functions, database) {
  await migrate({ db: database.db })
  const { execute, insertAll } = clients[database.dialect](database)
  return async (value) => {
    const id = await begin(execute)
    const rows = []
    const one = async (fn, i) => {
      const started = performance.now()
      const answer = await fn(value)
      const took = performance.now() - started
      const at = performance.timeOrigin + started
      rows.push([id, `s${i}`, 'wide', `s${i}`, 'succeeded', id, i, 1, at, at + took, took])
      return answer
    }
    const answers = await Promise.all(functions.map(one))
    await insertAll(rows)
    await end(execute, id, rows.length)
    return answers.reduce((sum, n) => sum + n, 0)
  }
}

/** A row when a step begins, and what became of it when it ends. */
export async function oneByOne(functions, database) {
  await migrate({ db: database.db })
  const { execute } = clients[database.dialect](database)
  const starting = insert('step_executions', step.slice(0, 9), `VALUES ${places(9)}`)
  const ending = `UPDATE step_executions SET status = ?, ended_at = ?, duration_ms = ? WHERE run_id = ? AND path = ?`
  return async (value) => {
    const id = await begin(execute)
    let sum = 0
    for (const [i, fn] of functions.entries()) {
      const at = Date.now()
      await execute(starting, [id, `s${i}`, 'wide', `s${i}`, 'running', id, i, 1, at])
      sum += await fn(value)
      await execute(ending, ['succeeded', Date.now(), Date.now() - at, id, `s${i}`])
    }
    await end(execute, id, functions.length)
    return sum
  }
}
