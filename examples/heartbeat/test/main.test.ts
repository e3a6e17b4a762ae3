import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServiceSummary } from '../src/summary.ts'
import { endPrograms, type Ended, run, start, temporaryFolder } from './program.ts'

afterEach(endPrograms)

/** A command line with schedules that have something to do all the time. */
const busyIn = (folder: string, ...more: string[]) => [
  ...['--dir', folder, '--every', '200ms', '--report', '* * * * * *'],
  ...more,
]
const summaryOf = ({ stdout }: Ended) => JSON.parse(stdout) as ServiceSummary
const scheduleOf = (ended: Ended, name: string) =>
  summaryOf(ended).schedules.find((schedule) => schedule.name === name)!

test('on an empty folder it samples, reports, cleans up, heats, and says so at the end', async () => {
  const folder = temporaryFolder()
  const ended = await run(busyIn(folder, '--seconds', '4', '--json'))
  expect(ended.code).toBe(0)
  for (const name of ['sample', 'report', 'cleanup']) {
    expect(scheduleOf(ended, name)).toMatchObject({ state: 'active', failures: 0, last: 'succeeded' })
    expect(ended.stderr).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${name} succeeded: `, 'm'))
  }
  const sampled = readdirSync(join(folder, 'samples')).flatMap((name) =>
    readFileSync(join(folder, 'samples', name), 'utf8')
      .trim()
      .split('\n'),
  )
  expect(sampled).toHaveLength(scheduleOf(ended, 'sample').runs)
  expect(new Set(sampled.map((line) => (JSON.parse(line) as { slot: number }).slot)).size).toBe(sampled.length)
  expect(readFileSync(join(folder, 'report.md'), 'utf8')).toMatch(/^# Heartbeat at \d{4}-/)
  expect(summaryOf(ended).room).toEqual(JSON.parse(readFileSync(join(folder, 'room.json'), 'utf8')))
})

test('a restart goes on with the counts and the room, and tells what was missed', async () => {
  const folder = temporaryFolder()
  const first = await run(busyIn(folder, '--seconds', '3', '--json'))
  await wait(2_000)
  const second = await run(busyIn(folder, '--seconds', '3', '--json'))
  expect(second.code).toBe(0)

  const [before, after] = [scheduleOf(first, 'sample'), scheduleOf(second, 'sample')]
  expect(after.runs).toBeGreaterThan(before.runs)
  expect(after.missed).toBeGreaterThanOrEqual(4)
  expect(second.stderr).toMatch(/^\d\d:\d\d:\d\d sample has missed \d+ slots from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/m)
  expect(summaryOf(second).room!.minute).toBeGreaterThan(summaryOf(first).room!.minute)
})

describe('of two processes on one folder', () => {
  test('the second takes over when the first is killed', async () => {
    const folder = temporaryFolder()
    const first = start(busyIn(folder))
    await first.written(/sample succeeded/)
    const second = start(busyIn(folder))
    await second.written(/another process leads/)
    first.kill('SIGKILL')
    await first.ended
    await second.written(new RegExp(`process ${second.pid} leads[^]*sample succeeded`))
    second.kill('SIGTERM')
    const { code, stderr } = await second.ended
    expect(code).toBe(143)
    expect(stderr).toContain('sample has missed')
  })

  test('the second takes over soon when the first hands back, by Ctrl-C', async () => {
    const folder = temporaryFolder()
    const first = start(busyIn(folder))
    await first.written(/sample succeeded/)
    const second = start(busyIn(folder))
    await second.written(/another process leads/)
    first.kill('SIGINT')
    const { code, stdout } = await first.ended
    expect(code).toBe(130)
    expect(stdout).toMatch(/^sample: \d+ runs in all$/m)
    await second.written(new RegExp(`process ${second.pid} leads`))
  })
})

test('what fails is told, and the rest goes on', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'samples'), 'a file where the folder should be')
  writeFileSync(join(folder, 'room.json'), '{"minute":"noon"}')
  const ended = await run(busyIn(folder, '--seconds', '3', '--json'))
  expect(ended.code).toBe(0)
  expect(scheduleOf(ended, 'sample').failures).toBeGreaterThan(0)
  expect(ended.stderr).toMatch(/sample failed: .*(EEXIST|ENOTDIR)/)
  expect(ended.stderr).toContain(`There is no room in ${join(folder, 'room.json')}: remove it to begin with a new one.`)
})

describe('the command line', () => {
  test('--help says what there is', async () => {
    const { code, stdout } = await run(['--help'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Usage: heartbeat') as string })
  })

  test.each([
    ['an option that there is not', ['--nope'], /^Unknown option '--nope'/],
    ['a duration that is none', ['--every', 'soon'], /^Expected --every to be .* got soon/],
    ['a cron expression that is none', ['--report', '61 * * * *'], /^`cron` of schedule "report" must be .*minute: 61/],
  ])('%s is one clear error, and nothing is made', async (_, args, message) => {
    const folder = temporaryFolder()
    const { code, stdout, stderr } = await run(['--dir', folder, ...args])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(readdirSync(folder)).toEqual([])
  })

  test('a folder that is none is one clear error', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await run(['--dir', file])
    expect(code).toBe(1)
    expect(stderr.trimEnd()).toContain(file)
    expect(stderr.trimEnd()).not.toContain('\n')
  })
})
