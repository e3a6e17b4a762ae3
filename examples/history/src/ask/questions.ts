import type { History, TrackedRun } from '@pipe/sql'
import { type Row, table } from '../draw/table.ts'
import { duration, fit, type Terminal } from '../draw/terminal.ts'

/** A question to the history, and its answer as text. */
export interface Question {
  readonly title: string
  ask(history: History, terminal: Terminal): Promise<string>
}

const share = (part: number | undefined) => (part === undefined ? '–' : `${(100 * part).toFixed(0)} %`)
const time = (at: number) => new Date(at).toISOString().slice(5, 19).replace('T', ' ')
const NOTHING = '  nothing'

const rowOf = ({ id, status, startedAt, durationMs, steps, error }: TrackedRun): Row => ({
  status,
  cells: [id, status, time(startedAt), duration(durationMs), String(steps.succeeded), error?.message ?? ''],
})

const recent: Question = {
  title: 'What ran last?',
  async ask(history, terminal) {
    const { items, next } = await history.runs({ limit: 12 })
    const answer = table(['run', 'status', 'started (UTC)', 'took', 'steps', 'because'], items.map(rowOf), terminal)
    return next === undefined ? answer : `${answer}\n  … and those before`
  },
}

const pipelines: Question = {
  title: 'How does each pipeline do?',
  async ask(history, terminal) {
    const rows = (await history.statistics()).map(({ pipeline, runs, statuses, successRate, duration: took }) => ({
      cells: [
        ...[pipeline, String(runs), share(successRate), String(statuses.failed), String(statuses.cancelled)],
        ...[String(statuses.lost), duration(took?.p50), duration(took?.p95)],
      ],
    }))
    const heads = ['pipeline', 'runs', 'succeed', 'failed', 'cancelled', 'lost', 'p50', 'p95']
    return table(heads, rows, terminal)
  },
}

const steps: Question = {
  title: 'And each of its steps?',
  async ask(history, terminal) {
    const rows = (await history.stepStatistics({ orderBy: 'totalMs' })).map((one) => ({
      cells: [
        ...[one.items ? `${one.step}[]` : one.step, String(one.executed), share(one.failureRate), String(one.retries)],
        ...[duration(one.duration?.p50), duration(one.duration?.p95), share(one.share)],
      ],
    }))
    return table(['step', 'ran', 'fail', 'retries', 'p50', 'p95', 'of the time'], rows, terminal)
  },
}

const failures: Question = {
  title: 'What breaks, and where?',
  async ask(history, terminal) {
    const rows = (await history.failures()).map(({ count, name, step, lastAt, example }) => ({
      cells: [String(count), name, step, time(lastAt), `${example.run}: ${example.message}`],
    }))
    return rows.length === 0 ? NOTHING : table(['times', 'error', 'step', 'last (UTC)', 'there'], rows, terminal)
  },
}

const recovered: Question = {
  title: 'What was tried again, and went well then?',
  async ask(history, terminal) {
    const groups = await history.failures({ attempts: true })
    const rows = groups
      .filter(({ recovered }) => recovered > 0)
      .map(({ count, recovered, name, step, example }) => ({
        cells: [`${recovered} of ${count}`, name, step, `${example.run}: ${example.message}`],
      }))
    return rows.length === 0 ? NOTHING : table(['times', 'error', 'step', 'there'], rows, terminal)
  },
}

const slowest: Question = {
  title: 'What took longest?',
  async ask(history, terminal) {
    const rows = (await history.slowest({ limit: 5 })).map((one) => ({
      cells: [duration(one.durationMs), one.path, one.run, String(one.attempts)],
    }))
    return rows.length === 0 ? NOTHING : table(['took', 'step', 'run', 'attempts'], rows, terminal)
  },
}

/** The questions about all runs, in their order. */
export const questions: readonly Question[] = [recent, pipelines, steps, failures, recovered, slowest]

/** What the second of two runs did otherwise than the first. */
export const difference = (a: string, b: string): Question => ({
  title: `What did ${b} do otherwise than ${a}?`,
  async ask(history, terminal) {
    const compared = await history.compare(a, b, { limit: 1_000 })
    if (compared === undefined) return NOTHING
    const rows = compared.items
      .filter(({ differs }) => differs.length > 0)
      .map(({ path, differs, base, other, ratio }) => ({
        status: other?.status ?? '',
        cells: [
          ...[path, differs.join(', '), `${base?.attempts ?? '–'} → ${other?.attempts ?? '–'}`],
          ratio === undefined ? '–' : `${ratio.toFixed(1)} ×`,
        ],
      }))
    const took = compared.ratio === undefined ? '' : ` It took ${compared.ratio.toFixed(1)} times as long.`
    return `${fit(`  ${rows.length} of ${compared.items.length} steps differ.${took}`, terminal.width)}\n${table(['step', 'differs in', 'attempts', 'took'], rows, terminal)}`
  },
})
