import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mariadbUrl } from '@pipe/config/servers/mariadb'
import { postgresUrl } from '@pipe/config/servers/postgres'
import { redisUrl } from '@pipe/config/servers/redis'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { batchesSaid, callsIn, placesIn, reportIn, shown } from './imported.ts'
import { aFile, type Ended, endPrograms, run, start, temporaryFolder } from './program.ts'

/** What an import comes to that nobody disturbs. */
let undisturbed: Ended & { readonly folder: string; readonly file: string; readonly places: unknown[]; report: string }

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-durable-import-'))
  const file = aFile(folder)
  const ended = await run(['import', '--data', file, '--dir', folder])
  undisturbed = { ...ended, folder, file, places: placesIn(folder), report: reportIn(folder) }
  return () => rmSync(folder, { recursive: true })
})
afterEach(endPrograms)

/** Command lines that import the file into a folder. */
const importInto = (folder: string, ...more: string[]) => [
  'import',
  '--data',
  undisturbed.file,
  '--dir',
  folder,
  ...more,
]

/** An import of the first batches, in a process that was killed: `kill -9`. */
async function killedImport(folder: string, env?: NodeJS.ProcessEnv): Promise<Ended> {
  const killed = start(importInto(folder, '--slow', '--lease', '500ms'), env)
  await killed.written(/✔ import\[/)
  killed.kill('SIGKILL')
  return await killed.ended
}

/** Everything is there that the file has, as often as it should be. */
function expectWhole(folder: string) {
  expect(placesIn(folder)).toEqual(undisturbed.places)
  expect(reportIn(folder)).toBe(undisturbed.report)
}

test('an import that nobody disturbs writes every row of the file once, and a report', () => {
  const { code, stdout, folder, file, places, report } = undisturbed
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
  const states = new Set(rows.map((row) => row[4]))
  const said = `${rows.length} places in ${states.size} states imported, 0 rows rejected.`

  expect({ code, stdout }).toEqual({ code: 0, stdout: `${said}\n${join(folder, 'places.json')}\n` })
  expect(places).toEqual(
    rows
      .map(([zip, latitude, longitude, city, state, county]) => ({
        ...{ zip, latitude: Number(latitude), longitude: Number(longitude) },
        ...{ city, state, county },
      }))
      .sort((a, b) => (a.zip! < b.zip! ? -1 : 1)),
  )
  expect(JSON.parse(report)).toMatchObject({ source: 'places.csv', imported: rows.length, rejected: 0, problems: [] })
  expect([...new Set(callsIn(folder).values())]).toEqual([1])
})

describe('kill -9 in the middle', () => {
  test('as often as one likes, and the next start goes on: what is recorded is not imported again', async () => {
    const folder = temporaryFolder()
    const { code, stderr: first } = await killedImport(folder)
    expect(code).toBeNull()
    expect(placesIn(folder).length).toBeLessThan(undisturbed.places.length)
    const { stderr: second } = await killedImport(folder)

    const { code: last, stderr } = await run(importInto(folder, '--lease', '500ms'))
    expect(last).toBe(0)
    expectWhole(folder)
    expect((await shown(folder)).crashes).toBe(2)

    const restored = batchesSaid(stderr, 'restored')
    const calls = callsIn(folder)
    expect(restored).toEqual(expect.arrayContaining([...batchesSaid(first, 'done'), ...batchesSaid(second, 'done')]))
    expect(batchesSaid(second, 'restored')).toEqual(expect.arrayContaining(batchesSaid(first, 'done')))
    // Four batches at a time: each time, no more than those can have been written without being recorded.
    expect([...calls.values()].reduce((sum, times) => sum + times, 0)).toBeLessThanOrEqual(calls.size + 2 * 4)
    expect(batchesSaid(first, 'done').map((rows) => calls.get(rows))).toEqual(batchesSaid(first, 'done').map(() => 1))
    expect(stderr).toMatch(/^✔ split restored$/m)
    expect(stderr).toContain('"places" went on where it had stopped: ')
  })

  test('while a request waits to be sent again: it is counted on, and waited for no longer', async () => {
    const folder = temporaryFolder()
    const killed = start(importInto(folder, '--lease', '500ms'))
    await killed.written(/airports\[TX\] attempt 1 failed: 429 Too Many Requests[^]*✔ airports/)
    killed.kill('SIGKILL')
    await killed.ended
    const before = await shown(folder)
    expect(before.steps.get('airports[TX]')).toMatchObject({ status: 'waiting', attempts: 1 })
    expect(before.steps.get('airports[TX]')!.retryAt).toBeGreaterThan(0)

    const { stderr } = await run(importInto(folder, '--lease', '500ms'))
    expect(stderr).not.toContain('airports[TX] attempt 1 failed')
    expect(stderr).toContain('airports[TX] attempt 2 failed') // by a server that was started anew
    expect((await shown(folder)).steps.get('airports[TX]')).toMatchObject({ status: 'succeeded', attempts: 3 })
    expectWhole(folder)
  })

  test('and a worker goes on with it, once its lease has run out', async () => {
    const folder = temporaryFolder()
    await killedImport(folder)
    const worker = start(['worker', '--dir', folder, '--lease', '500ms'])
    await worker.written(/^places succeeded$/m)
    worker.kill('SIGTERM')
    const { code, stdout, stderr } = await worker.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'places taken\nplaces succeeded\n' })
    expect(batchesSaid(stderr, 'restored').length).toBeGreaterThan(0)
    expectWhole(folder)
  })

  test.each([
    ['Redis', 'REDIS_URL', redisUrl],
    ['PostgreSQL', 'DATABASE_URL', postgresUrl],
    ['MariaDB', 'DATABASE_URL', mariadbUrl],
  ] as const)('with its state on %s, it goes on just the same', async (_, variable, serverUrl) => {
    const server = await serverUrl()
    try {
      const folder = temporaryFolder()
      const env = { [variable]: server.url }
      const id = `places-${process.pid}-${Date.now()}`
      const killed = start(importInto(folder, '--slow', '--lease', '2s', '--id', id), env)
      await killed.written(/✔ import\[/)
      killed.kill('SIGKILL')
      await killed.ended
      const { code, stderr } = await run(importInto(folder, '--lease', '2s', '--id', id), env)
      expect(code).toBe(0)
      expect(batchesSaid(stderr, 'restored').length).toBeGreaterThan(0)
      expect(readdirSync(folder)).not.toContain('runs.db')
      expect(placesIn(folder)).toEqual(undisturbed.places)
      expect(reportIn(folder, id)).toBe(undisturbed.report)
      expect((await shown(folder, env, id)).state).toBe('succeeded')
    } finally {
      await server.stop()
    }
  })
})

describe('Ctrl-C', () => {
  test('hands the import back: the next start goes on at once, however long the lease was', async () => {
    const folder = temporaryFolder()
    const stopped = start(importInto(folder, '--slow', '--lease', '1h'))
    await stopped.written(/✔ import\[/)
    stopped.kill('SIGINT')
    const { code, stderr: before } = await stopped.ended
    expect(code).toBe(130)
    expect(before).toContain('"places" was handed back. Go on with it: npm start -- import --id places\n')
    expect(await shown(folder)).toMatchObject({ state: 'waiting', crashes: 0 })

    const { code: again, stderr } = await run(importInto(folder, '--lease', '1h'))
    expect(again).toBe(0)
    expect(stderr).not.toContain('Waiting')
    expect(batchesSaid(stderr, 'restored')).toEqual(expect.arrayContaining(batchesSaid(before, 'done')))
    expectWhole(folder)
  })

  test('of a worker hands back what it has', async () => {
    const folder = temporaryFolder()
    await killedImport(folder)
    const worker = start(['worker', '--slow', '--dir', folder, '--lease', '1h'])
    await worker.written(/✔ import\[[\d-]+\] (?!restored)/)
    worker.kill('SIGINT')
    expect((await worker.ended).code).toBe(0)
    expect((await shown(folder)).state).toBe('waiting')
  })
})

describe('from another process', () => {
  test('cancel stops an import, and removes what it has imported', async () => {
    const folder = temporaryFolder()
    const running = start(['import', '--dir', folder, '--slow', '--lease', '500ms'])
    await running.written(/✔ import\[/)
    const { code, stdout } = await run(['cancel', 'places', '--dir', folder])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^places {2}cancelling /) as string })

    const ended = await running.ended
    expect(ended.code).toBe(4)
    expect(ended.stderr).toContain('was cancelled: asked on the command line.\n')
    expect((await shown(folder)).state).toBe('cancelled')
    expect([placesIn(folder), callsIn(folder)]).toEqual([[], new Map()])
  })

  test('cancel of an import that was killed is done by whoever takes it next', async () => {
    const folder = temporaryFolder()
    await killedImport(folder)
    await run(['cancel', 'places', '--dir', folder])
    expect((await run(importInto(folder, '--lease', '500ms'))).code).toBe(4)
    expect((await shown(folder)).state).toBe('cancelled')
    expect([placesIn(folder), callsIn(folder)]).toEqual([[], new Map()])
  })

  test('pause keeps an import from going on until it is resumed', async () => {
    const folder = temporaryFolder()
    const stopped = start(importInto(folder, '--slow'))
    await stopped.written(/✔ import\[/)
    stopped.kill('SIGINT')
    await stopped.ended
    await run(['pause', 'places', '--dir', folder])
    const refused = await run(importInto(folder))
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain('Run "places" is paused. Resume it first.\n')
    await run(['resume', 'places', '--dir', folder])
    expect((await run(importInto(folder))).code).toBe(0)
    expectWhole(folder)
  })

  test('a second start waits for the first, and goes on when that is handed back', async () => {
    const folder = temporaryFolder()
    const first = start(['import', '--dir', folder, '--slow', '--lease', '1h'])
    await first.written(/✔ import\[/)
    const second = start(['import', '--dir', folder, '--lease', '1h'])
    await second.written(/ has "places"\. Waiting /)
    first.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    const { code, stdout } = await second.ended
    expect(code).toBe(0)
    expect(stdout).toContain('42049 places in 59 states imported, 0 rows rejected.\n')
    expect(placesIn(folder)).toHaveLength(42_049)
  })
})

describe('a file', () => {
  const header = 'zip_code,latitude,longitude,city,state,county'
  const good = '00501,40.922326,-72.637078,Holtsville,NY,Suffolk'
  const given = (...lines: string[]) => {
    const folder = temporaryFolder()
    const file = join(folder, 'given.csv')
    writeFileSync(file, lines.join('\n'))
    return { folder, file, args: ['import', '--data', file, '--dir', folder] }
  }

  test('with rows that are no places is imported without them; the report names them', async () => {
    const { folder, args } = given(
      header,
      good,
      'nowhere,0,0,A,NY,B',
      '00502,95,0,"Two\nlines",NY,C',
      '00503,1,2,A,NY,',
    )
    const { code, stdout } = await run(args)
    expect(code).toBe(0)
    expect(stdout).toContain('1 places in 1 states imported, 3 rows rejected.\n')
    expect(JSON.parse(reportIn(folder))).toMatchObject({
      rejected: 3,
      problems: [
        { line: 3, problem: 'zip_code: expected five digits, got "nowhere"' },
        { line: 5, problem: 'latitude: Too big: expected number to be <=90' },
        { line: 6, problem: 'county: expected a text, got nothing' },
      ],
    })
  })

  test('that cannot be read is one clear error, and nothing is imported', async () => {
    const { folder, file, args } = given('zip_code,city,state,county', good)
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const [last] = stderr.trimEnd().split('\n').slice(-1)
    expect(last).toBe(
      `Step "split" of pipeline "import-places" failed: Cannot read ${file}: line 1: there is no column latitude, longitude`,
    )
    expect(placesIn(folder)).toEqual([])
  })

  test('that is changed in the middle fails the import, which removes what it has imported', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'changing.csv')
    writeFileSync(file, readFileSync(undisturbed.file))
    const stopped = start(['import', '--data', file, '--dir', folder, '--slow'])
    await stopped.written(/✔ import\[/)
    stopped.kill('SIGINT')
    await stopped.ended
    appendFileSync(file, '\n99999,1,2,City,WA,County\n')
    const { code, stderr } = await run(['import', '--data', file, '--dir', folder])
    expect(code).toBe(2)
    expect(stderr).toContain(`${file} was changed while it was imported. Import it again, with another --id.`)
    expect(placesIn(folder)).toEqual([])
  })
})

describe('the command line', () => {
  test('--json prints what happens as lines of JSON on stdout, and nothing else', async () => {
    const folder = temporaryFolder()
    const { code, stdout } = await run(importInto(folder, '--json'))
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(code).toBe(0)
    expect(events.at(0)).toMatchObject({ type: 'run:start', runId: 'places' })
    expect(events.at(-1)).toMatchObject({ type: 'run:end', status: 'succeeded', output: { report: { rejected: 0 } } })

    const runs = await run(['runs', '--json', '--dir', folder])
    expect(JSON.parse(runs.stdout)).toMatchObject({ id: 'places', state: 'succeeded', crashes: 0 })
    expect((await run(['runs', '--dir', folder])).stdout).toMatch(/^places {2}succeeded {2}begun \d{4}-\d\d-\d\dT/)
    const steps = (await run(['show', 'places', '--dir', folder])).stdout
    expect(steps).toMatch(/^ {2}airports\[TX\] {2}succeeded {2}after 2 attempts {2}\d{4}-/m)
  })

  test('an import that is done is not done again, and answers as before', async () => {
    const { folder, file, stdout } = undisturbed
    const again = await run(['import', '--data', file, '--dir', folder])
    expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 0, stdout })
    expect([...new Set(callsIn(folder).values())]).toEqual([1])
  })

  test.each([
    [['improt'], 'There is no command "improt". See --help.'],
    [['import', '--lease', '1ms'], /^`lease` of durable\(\) must be a duration from 100 ms to 24 days/],
    [['cancel', 'nobody'], 'There is no import "nobody". See them with: runs'],
  ])('%j is one clear error', async (args, message) => {
    const { code, stdout, stderr } = await run([...args, '--dir', temporaryFolder()])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(stderr.trimEnd()).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
  })

  test.each([
    ['REDIS_URL', 'redis://127.0.0.1:1', /^.*redis.*$/i],
    ['DATABASE_URL', 'postgres://127.0.0.1:1/none', /^The postgres store cannot be reached now: .*$/],
    ['DATABASE_URL', 'mariadb://127.0.0.1:1/none', /^The mysql store cannot be reached now: .*$/],
    [
      'DATABASE_URL',
      'oracle://127.0.0.1',
      /^DATABASE_URL must begin with postgres:\/\/, mysql:\/\/ or mariadb:\/\/\.$/,
    ],
  ])('%s=%s, where nothing can be reached, is one clear error', async (variable, url, message) => {
    const { code, stderr } = await run(['runs', '--dir', temporaryFolder()], { [variable]: url })
    expect(code).toBe(1)
    expect(stderr.trimEnd()).toMatch(message)
  })
})
