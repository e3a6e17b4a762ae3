import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dataFile } from '../src/arguments.ts'
import { type Ended, runFile, temporaryFolder, type Watch } from './program.ts'

const weather = (args: readonly string[], watch?: Watch) =>
  runFile(new URL('../src/main.ts', import.meta.url), args, watch)

const ReportFile = z.object({
  from: z.string(),
  to: z.string(),
  days: z.number(),
  cleaned: z.object({ traces: z.number() }),
  mean: z.number(),
  months: z.array(
    z.object({
      name: z.string(),
      days: z.number(),
      mean: z.number(),
      high: z.number(),
      precipitation: z.number(),
      normal: z.number(),
      warmer: z.number(),
      snow: z.object({ days: z.number() }).optional(),
    }),
  ),
  heat: z.array(z.object({ from: z.string(), to: z.string(), days: z.number() })),
  frost: z.array(z.unknown()),
})

/** The rows of a CSV file, read in the plainest way there is. */
const rowsOf = (file: string) =>
  readFileSync(dataFile(file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

describe('a run', () => {
  let folder: string
  let ended: Ended

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pipe-weather-'))
    ended = await weather(['--out', folder])
    return () => rm(folder, { recursive: true })
  })

  it('writes a page and a JSON file that agrees with the CSV file, and says where', async () => {
    const { code, stdout } = ended

    expect(code).toBe(0)
    expect(await readdir(folder)).toEqual(['weather.html', 'weather.json'])
    expect(stdout).toContain(join(folder, 'weather.html'))
    expect(stdout).toContain(join(folder, 'weather.json'))

    const page = readFileSync(join(folder, 'weather.html'), 'utf8')
    expect(page.startsWith('<!doctype html>')).toBe(true)
    expect(page.match(/<svg /g)).toHaveLength(3)
    expect(page).not.toMatch(/NaN|undefined|null|Infinity/)

    const report = ReportFile.parse(JSON.parse(readFileSync(join(folder, 'weather.json'), 'utf8')))
    const rows = rowsOf('seattle-weather.csv')
    const temperature = (row: readonly string[]) => (Number(row[2]) + Number(row[3])) / 2
    expect(report).toMatchObject({ from: '2012-01-01', to: '2015-12-31', days: rows.length, frost: [] })
    expect(report.mean).toBeCloseTo(average(rows.map(temperature)), 9)
    expect(report.cleaned.traces).toBe(rows.filter((row) => row[5] === 'rain' && Number(row[1]) === 0).length)
    expect(report.heat).toContainEqual({ from: '2015-06-30', to: '2015-07-05', days: 6 })

    const normals = rowsOf('seattle-weather-hourly-normals.csv')
    expect(report.months).toHaveLength(12)
    report.months.forEach((month, i) => {
      const isOfMonth = (row: readonly string[]) => Number(row[0]?.slice(5, 7)) === i + 1
      const days = rows.filter(isOfMonth)
      const normal = average(normals.filter(isOfMonth).map((row) => Number(row[2])))
      const snowy = days.filter((row) => row[5] === 'snow').length
      expect(month.days, month.name).toBe(days.length)
      expect(month.mean, month.name).toBeCloseTo(average(days.map(temperature)), 9)
      expect(month.high, month.name).toBe(Math.max(...days.map((row) => Number(row[2]))))
      expect(month.precipitation, month.name).toBeCloseTo(
        (average(days.map((row) => Number(row[1]))) * days.length) / 4,
        9,
      )
      expect(month.normal, month.name).toBeCloseTo(normal, 9)
      expect(month.warmer, month.name).toBeCloseTo(average(days.map(temperature)) - normal, 9)
      expect(month.snow?.days ?? 0, month.name).toBe(snowy)
    })
  })

  it('writes plain lines into a pipe: what failed and was tried again, what was skipped, no control characters', () => {
    const { stderr } = ended
    const lines = stderr.split('\n')

    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
    expect(lines).toContain('↓ frost its condition does not hold')
    expect(stderr).toMatch(/^ {4}⟳ months\[March\]\/normal attempt 1 failed: 503 Service Unavailable; again in \d+ms$/m)
    expect(lines.filter((line) => /months\[August\].* 503 /.test(line))).toHaveLength(2)
    expect(stderr).toContain('months[June]/normal attempt 1 failed: an answer that makes no sense: <h1>')
    expect(stderr).toContain('months[October]/normal attempt 1 failed: no answer within 600 ms; again in ')
    expect(lines.filter((line) => /^ {2}✔ months\[\w+\] /.test(line))).toHaveLength(12)
  })

  it('gives the same files every time', async () => {
    const another = await temporaryFolder()
    await weather(['--out', another])
    for (const name of ['weather.html', 'weather.json']) {
      expect(readFileSync(join(another, name))).toEqual(readFileSync(join(folder, name)))
    }
  })

  it('that is interrupted exits with 130 and leaves nothing behind', async () => {
    const folder = join(await temporaryFolder(), 'out')
    let isInterrupted = false
    const { code, stdout, stderr } = await weather(['--out', folder], (written, interrupt) => {
      if (isInterrupted || !written.includes('months[')) return
      isInterrupted = true
      interrupt()
    })

    expect(code).toBe(130)
    expect(stdout).toBe('')
    expect(stderr).toContain('Pipeline "weather" was cancelled: interrupted.\n')
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })
})

describe('--json', () => {
  it('prints events as NDJSON on stdout, and nothing else', async () => {
    const { code, stdout } = await weather(['--json', '--out', await temporaryFolder()])
    const Event = z.looseObject({ type: z.string(), runId: z.string(), at: z.number(), stepId: z.string().optional() })
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Event.parse(JSON.parse(line)))

    expect(code).toBe(0)
    expect(events.at(0)?.type).toBe('run:start')
    expect(events.at(-1)).toMatchObject({ type: 'run:end', status: 'succeeded' })
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(1)
    expect(events.filter(({ type }) => type === 'map:item')).toHaveLength(12)
    expect(events.find(({ type, stepId }) => type === 'step:retry' && stepId === 'months[March]/normal')).toMatchObject(
      {
        attempt: 1,
        error: { name: 'Error', message: '503 Service Unavailable' },
      },
    )
  })

  it('prints the failure of a run, too', async () => {
    const { code, stdout } = await weather(['--json', '--data', 'nowhere.csv', '--out', await temporaryFolder()])
    const last: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(code).toBe(2)
    expect(last).toMatchObject({ type: 'run:end', status: 'failed', error: { code: 'STEP_FAILED', step: 'read' } })
  })
})

describe('--log', () => {
  it('writes what happened into a file: each attempt that failed, and what a step says of itself', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'logs', 'weather.log')
    const { code, stderr } = await weather(['--out', folder, '--log', file])
    const Line = z.looseObject({ level: z.number(), msg: z.string(), 'pipe.run.id': z.string() })
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => Line.parse(JSON.parse(line)))

    expect({ code, says: stderr.includes('cleaned') }).toEqual({ code: 0, says: false })
    expect(lines.at(0)?.msg).toBe('run of weather started')
    expect(lines.at(-1)?.msg).toBe('run of weather succeeded')
    expect(lines.find(({ msg }) => msg === 'cleaned')).toMatchObject({ days: 1461, 'pipe.step.path': 'clean' })
    expect(lines.find(({ msg }) => msg.startsWith('step months[March]/normal failed in attempt 1'))).toMatchObject({
      level: 40,
      'exception.message': '503 Service Unavailable',
    })
    expect(lines.filter(({ level }) => level > 40)).toEqual([])
  })
})

describe('a broken CSV file', () => {
  const header = 'date,precipitation,temp_max,temp_min,wind,weather'
  const good = '2012-01-01,0.0,12.8,5.0,4.7,sun'

  it.each([
    [
      'a word for a number',
      [header, good, '2012-01-02,0.0,warm,5.0,4.7,sun'],
      'line 3: temp_max: expected a number, got "warm"',
    ],
    ['a row that ends too early', [header, good, '2012-01-02,0.0'], 'columns length is 6, got 2 on line 3'],
    ['a day that does not exist', [header, '2013-02-29,0.0,12.8,5.0,4.7,sun'], 'line 2: date: Invalid ISO date'],
    ['no rows', [header], 'there is no day in it'],
    ['nothing', [], 'there is no day in it'],
  ])('with %s is one clear error, and no file is written', async (_, lines, message) => {
    const folder = await temporaryFolder()
    const data = join(folder, 'days.csv')
    writeFileSync(data, lines.join('\n'))
    const { code, stdout, stderr } = await weather(['--data', data, '--out', join(folder, 'out')])

    expect(code).toBe(2)
    expect(stdout).toBe('')
    const last = stderr.trimEnd().split('\n').at(-1)
    expect(last).toContain(`Step "read" of pipeline "weather" failed: Cannot read ${data}: `)
    expect(last).toContain(message)
    expect(stderr).not.toMatch(/^ +at /m)
    expect(readdirSync(folder)).toEqual(['days.csv'])
  })
})

describe('without running anything', () => {
  it('--dry-run says of each step whether it could run, and writes nothing', async () => {
    const folder = join(await temporaryFolder(), 'out')
    const { code, stdout } = await weather(['--dry-run', '--out', folder])
    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['✔ read', '✔ months/normal', '✔ frost if its condition holds', 'It could run.']),
    )
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })

  it('--dry-run says what is wrong with the input, and exits with 1', async () => {
    const { code, stdout } = await weather(['--dry-run', '--data', ''])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^✖ read .*data/m)
    expect(stdout).toContain('It could not run.')
  })

  it('--plan prints the Mermaid flowchart that the README shows', async () => {
    const { code, stdout } = await weather(['--plan'])
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^flowchart TD\n/)
    expect(readme).toContain(`\`\`\`mermaid\n${stdout}\`\`\``)
  })

  it('--help names every option', async () => {
    const { code, stdout } = await weather(['--help'])
    expect(code).toBe(0)
    for (const option of ['--data', '--out', '--log', '--plan', '--dry-run', '--json']) expect(stdout).toContain(option)
  })

  it('an unknown option is one line on stderr, and exits with 1', async () => {
    const { code, stdout, stderr } = await weather(['--wat'])
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: "Unknown option '--wat'\n" })
  })
})
