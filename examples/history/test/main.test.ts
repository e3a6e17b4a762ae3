import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mariadbUrl } from '@pipe/config/servers/mariadb'
import { postgresUrl } from '@pipe/config/servers/postgres'
import { type Database, historyIn, type TrackedRun } from '@pipe/sql'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../src/database.ts'
import { lettersOf } from '../src/draw/terminal.ts'
import { type Ended, run, temporaryFolder } from './program.ts'

/** What the history says of the runs of the last start, by what happened to them. */
async function lastRuns(db: Database): Promise<Readonly<Record<string, TrackedRun>>> {
  const { items } = await historyIn({ db }).runs({ limit: 6 })
  return Object.fromEntries(items.map((one) => [one.tags['fate'] ?? one.id, one]))
}

/** The lines of an answer. */
const answerTo = (question: string, { stdout }: Ended): readonly string[] =>
  stdout.split(`\n${question}\n`)[1]?.split('\n\n')[0]?.split('\n') ?? []

/** Everything that a start is to have left, in the database and on the screen. */
async function expectSixRuns(ended: Ended, db: Database): Promise<void> {
  const runs = await lastRuns(db)
  expect(ended.code, ended.stderr).toBe(0)
  expect(runs).toMatchObject({
    calm: { status: 'succeeded', steps: { succeeded: 39, skipped: 1 } },
    moody: { status: 'succeeded', steps: { succeeded: 39, skipped: 1 } },
    down: { status: 'failed', error: { name: 'RefusedError', message: '503 Service Unavailable' } },
    broken: { status: 'failed', errorPath: 'read', error: { name: 'BadFileError' } },
    cancelled: { status: 'cancelled', error: { code: 'CANCELLED' } },
    killed: { status: 'running' },
  })
  expect(runs['killed']).not.toHaveProperty('endedAt')
  for (const { id, status } of Object.values(runs))
    expect(answerTo('What ran last?', ended).join('\n')).toMatch(new RegExp(`^ {2}${id} +${status} `, 'm'))

  expect(answerTo('How does each pipeline do?', ended)[1]).toMatch(/^ {2}weather +6 +50 % +2 +1 +0 +\d+ ms +\d/)
  const steps = answerTo('And each of its steps?', ended).join('\n')
  expect(steps).toMatch(/^ {2}read +6 +17 % +0 +\d+ ms +\d/m)
  expect(steps).toMatch(/^ {2}months\[\] +\d+ +\d+ % /m)
  const failures = answerTo('What breaks, and where?', ended).join('\n')
  expect(failures).toMatch(/ 1 {2}RefusedError +months\/normal /)
  expect(failures).toMatch(/ 1 {2}BadFileError +read /)
  const recovered = answerTo('What was tried again, and went well then?', ended).join('\n')
  expect(recovered).toMatch(/^ {2}\d of \d+ {2,}\w+ +months\/normal /m)
  expect(answerTo('What took longest?', ended)).toHaveLength(6)
  const different = answerTo(`What did ${runs['moody']!.id} do otherwise than ${runs['calm']!.id}?`, ended).join('\n')
  expect(different).toContain('  4 of 52 steps differ. ')
  expect(different).toMatch(/^ {2}months\[August\]\/normal +attempts +1 → 3 /m)

  expect(ended.stdout).toContain(`\n${runs['moody']!.id}: weather, succeeded, `)
  expect(ended.stdout).toMatch(/^ {4}\[August\] +█+ +\d+ ms$/m)
  expect(ended.stdout).toMatch(/^ {6}normal +[x░█]*x[x░█]* +\d+ ms$/m)
}

// eslint-disable-next-line no-control-regex -- control characters are what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/

describe('with a SQLite file', () => {
  it('asks of six runs, and a second start goes on with what the first has left', async () => {
    const file = join(temporaryFolder(), 'folder', 'history.db')
    const first = await run(['--file', file])
    using db = new DatabaseSync(file)
    await expectSixRuns(first, db)
    expect(first.stdout).not.toMatch(CONTROL)
    for (const line of first.stdout.split('\n')) expect(lettersOf(line).length, line).toBeLessThanOrEqual(80)

    const runs = await lastRuns(db)
    // Another one drawn, as pnpm hands the arguments on.
    const drawn = await run(['--', '--file', file, '--run', runs['down']!.id])
    expect(drawn).toMatchObject({ code: 0, stderr: '' })
    expect(drawn.stdout.split('\n')[1]).toMatch(new RegExp(`^${runs['down']!.id}: weather, failed, `))
    expect(drawn.stdout).toMatch(/ normal +[x░]*x[x░]* /)
    expect(drawn.stdout).toContain('/ cancelled')

    // The process that was killed was seen two minutes ago, as far as the database knows.
    db.prepare('UPDATE pipeline_executions SET seen_at = seen_at - 120000, started_at = started_at - 120000').run()
    const second = await run(['--ask', '--file', file])
    expect(answerTo('What ran last?', second)[1]).toMatch(new RegExp(`^ {2}${runs['killed']!.id} +lost `))
    expect(answerTo('How does each pipeline do?', second)[1]).toMatch(/^ {2}weather +6 +40 % +2 +1 +1 /)
    const lost = await run(['--run', runs['killed']!.id, '--file', file])
    expect(lost.stdout).toMatch(/: weather, lost, \d/)
    expect(lost.stdout).toMatch(/^ {4}\[October\]\/normal +\?/m)

    const third = await run(['--file', file])
    expect(third.code).toBe(0)
    expect(answerTo('How does each pipeline do?', third)[1]).toMatch(/^ {2}weather +12 +/)
  })

  it('has colours where they are asked for', async () => {
    const file = join(temporaryFolder(), 'history.db')
    const { code, stdout } = await run(['--file', file], { FORCE_COLOR: '1' })
    expect(code).toBe(0)
    expect(stdout).toContain('\u001b[31m')
  })
})

describe.each([
  ['PostgreSQL', postgresUrl],
  ['MariaDB', mariadbUrl],
])('with %s', (_, start) => {
  it('asks of six runs', async () => {
    const server = await start()
    const name = `pipe_history_${randomUUID().replaceAll('-', '')}`
    const location = new URL(server.url)
    location.pathname = `/${name}`
    try {
      await statement(server.url, `CREATE DATABASE ${name}`)
      const ended = await run([], { DATABASE_URL: String(location) })
      {
        await using opened = openDatabase(String(location))
        await expectSixRuns(ended, opened.db)
      }
      await statement(server.url, `DROP DATABASE ${name}`)
    } finally {
      await server.stop()
    }
  })
})

async function statement(url: string, sql: string): Promise<void> {
  await using opened = openDatabase(url)
  if (!('query' in opened.db)) throw new Error('This is no server.')
  await (opened.db as { query(sql: string): Promise<unknown> }).query(sql)
}

describe('the command line', () => {
  it('--help names every option', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    for (const option of ['--run', '--ask', '--file', 'DATABASE_URL']) expect(stdout).toContain(option)
  })

  it.each([
    [['--wat'], {}, /^Unknown option '--wat'/],
    [['--ask'], {}, /^The database does not have the tables: .* Run a pipeline with tracker\(\) first/],
    [['--ask'], { DATABASE_URL: 'oracle://there' }, /^DATABASE_URL is to begin with postgres:\/\/ or mysql:\/\/, not/],
    [['--ask'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' }, /^The database could not be asked: .*ECONNREFUSED/],
  ])('%j with %j is one clear error', async (args, env, message) => {
    const file = 'DATABASE_URL' in env ? [] : ['--file', join(temporaryFolder(), 'history.db')]
    const { code, stdout, stderr } = await run([...args, ...file], env)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(stderr).toMatch(message)
  })

  it('a run that is not there is one clear error', async () => {
    const file = join(temporaryFolder(), 'history.db')
    await run(['--file', file])
    const { code, stderr } = await run(['--run', 'nobody', '--file', file])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'There is no run "nobody". See them with: pnpm start -- --ask\n',
    })
    expect(existsSync(file)).toBe(true)
  })
})
