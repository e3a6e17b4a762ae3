import type { StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { all, by, entriesOf, entry, newRun, taken, tells } from './asking.ts'
import type { StoreRule } from './rule.ts'

/** Strings that some storage or encoding does not keep as they are. */
const awkward: Readonly<Record<string, string>> = {
  'an empty string': '',
  'a space': ' ',
  'trailing spaces': 'a  ',
  'line breaks': '\r\n\n\r\u2028',
  'a tab and other control characters': '\t\u0001\u001f\u007f\u0085',
  'NUL at the beginning': '\0a',
  'NUL within': 'a\0b',
  'NUL at the end': 'a\0',
  quotes: `'"\`\\ ''`,
  'what looks like SQL': `'; DROP TABLE runs; --`,
  'patterns and placeholders': '%_?$1:a{}[]*',
  'what looks like JSON': '{ "a": [1.0, null, "\\u0000"] }',
  'the word null': 'null',
  'what looks like a number': '1e400',
  'a large number': '9007199254740993',
  accents: 'é',
  'accents apart from their letters': 'e\u0301',
  emoji: '👩‍👩‍👧‍👦🏳️‍🌈',
  'characters of every length': 'aß中𝄞',
  'a lone high surrogate': 'a\ud83d',
  'a lone low surrogate': '\ude00a',
  'surrogates the wrong way round': '\ude00\ud83d',
  'a byte order mark': '\ufefftext\ufeff',
  'what replaces the unreadable': '\ufffd',
  'characters that are none': '\uffff\ufffe',
}

const ENCODE =
  'write strings so that every UTF-16 code unit comes back: bytes instead of text, or an escape for NUL and lone surrogates'

export const keepsValues: StoreRule = {
  name: 'keeps every string of a value as it is, character for character',
  async check({ store, other }) {
    for (const final of [true, false]) {
      const run = newRun()
      const fence = await taken(store, run)
      await store.commit(
        run.id,
        fence,
        Object.entries(awkward).map(([key, value]) => entry(key, value, final)),
      )
      const found = await entriesOf(other, run.id)
      for (const [what, value] of Object.entries(awkward)) same(found.get(what)?.value, value, `${what} in a value`)
    }
  },
}

/** Ends a check unless a string came back as it went in. */
function same(got: string | undefined, expected: string, what: string): void {
  if (got === expected) return
  const shown = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
  const back = got === undefined ? 'does not come back' : `comes back as ${shown(got)} instead of ${shown(expected)}`
  must(false, `${what} ${back}`, ENCODE)
}

export const keepsTexts: StoreRule = {
  name: 'keeps every string of data, outcomes and reasons as it is',
  async check({ store, other }) {
    for (const [what, text] of Object.entries(awkward)) {
      const run = newRun({ data: text })
      const fence = await taken(store, run)
      await store.command(run.id, 'pause', text)
      await store.release(run.id, fence, 'blocked', text)
      const blocked = await other.get(run.id)
      same(blocked?.data, text, `${what} in \`data\``)
      same(blocked?.reason, text, `${what} in a reason`)
      same(blocked?.outcome, text, `${what} in the outcome of a blocked run`)
      await store.command(run.id, 'run', text)
      const next = await taken(other, run)
      same((await other.renew(run.id, next, 1_000))?.reason, text, `${what} in the reason of a renewal`)
      await store.end(run.id, next, 'failed', text)
      same((await other.get(run.id))?.outcome, text, `${what} in the outcome of a run that ended`)
    }
  },
}

export const keepsNames: StoreRule = {
  name: 'keeps names of pipelines and owners as they are, and tells those that look alike apart',
  async check({ store, other }) {
    const own = crypto.randomUUID()
    const names = [
      `${own} a`,
      `${own} A`,
      `${own} a `,
      `${own} á`,
      `${own} a\u0301`,
      `${own} %`,
      `${own} _`,
      `${own}'"\\👩‍👧`,
    ]
    names.push(own.padEnd(200, '中'))
    const ids = new Map<string, string>()
    for (const name of names) {
      const run = newRun({ pipeline: name })
      ids.set(name, run.id)
      await taken(store, run, by(name))
    }
    for (const alike of names.slice(1)) {
      const answer = await other.acquire(newRun({ id: ids.get(names[0]!)! }), by(alike))
      must(
        answer.fence === null,
        'an owner gets the lease of one whose name looks alike',
        'compare owners byte for byte',
      )
    }
    for (const name of names) {
      const { items } = await other.list({ pipeline: name }, 100)
      const todo = 'compare names byte for byte: no collation that ignores case, accents or spaces, no patterns'
      must(items.length === 1, `of pipelines that look alike, ${items.length} are '${name}'`, todo)
      tells(items[0], { id: ids.get(name), pipeline: name, owner: name }, `of the pipeline '${name}'`, todo)
    }
  },
}

export const keepsKeys: StoreRule = {
  name: 'takes every key there may be, and tells keys that look alike apart',
  async check({ store, other }) {
    const keys = Object.values(awkward).filter((key) => key !== '' && !key.includes('\0'))
    keys.push('a', 'A', 'a ', 'á', '\ud800', '\ud801', '__proto__', 'constructor', 'toString', '0', '00', '-0')
    keys.push(
      'x'.repeat(2_000),
      `${'x'.repeat(1_999)}y`,
      '中'.repeat(2_000),
      '\u0001'.repeat(2_000),
      '👩'.repeat(1_000),
    )
    const run = newRun()
    const fence = await taken(store, run)
    await store.commit(
      run.id,
      fence,
      keys.map((key, i) => entry(key, `${i}`, true)),
    )
    // As if the answer was lost: each is found again, and none is taken for another.
    await store.commit(
      run.id,
      fence,
      keys.map((key) => entry(key, 'again')),
    )
    const found = await all((after) => other.entries(run.id, after))
    const todo =
      'compare keys code unit by code unit: no collation, no plain object, an escape or a hash for what is not text'
    must(found.length === keys.length, `${keys.length} keys have ${found.length} entries`, todo)
    const seen = new Map(found.map(({ key, value }) => [key, value]))
    for (const [i, key] of keys.entries()) {
      const shown = JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key)
      must(seen.get(key) === `${i}`, `the entry with the key ${shown} is ${seen.get(key) ?? 'not there'}`, todo)
    }
  },
}

/** The longest value that a check writes, in bytes. */
const LARGEST = 16 * 1024 * 1024

export const keepsLargeValues: StoreRule = {
  name: 'keeps values, data and outcomes of as many bytes as it says, or of 16 MiB',
  async check({ store, other }) {
    const maxValueBytes = Math.min(store.maxValueBytes, LARGEST)
    const texts: Readonly<Record<string, string>> = {
      'of one byte each': 'x'.repeat(maxValueBytes),
      'of three bytes each': '中'.repeat(Math.floor(maxValueBytes / 3)),
      'of half a pair each': '\ud800'.repeat(Math.floor(maxValueBytes / 3)),
    }
    for (const [what, text] of Object.entries(texts)) await large(store, other, text, what)
  },
}

async function large(store: StateStore, other: StateStore, text: string, what: string): Promise<void> {
  const run = newRun({ data: text })
  const fence = await taken(store, run)
  await store.commit(run.id, fence, [entry('large', text, true), entry('small', 's')])
  await store.end(run.id, fence, 'succeeded', text)
  const todo = 'say in `maxValueBytes` what the backend really takes, or make its columns and limits larger'
  const size = `${text.length} characters ${what}`
  const [seen, entries] = [await other.get(run.id), await entriesOf(other, run.id)]
  must(entries.get('large')?.value === text, `a value of ${size} does not come back`, todo)
  must(entries.get('small')?.value === 's', `a value beside one of ${size} does not come back`, todo)
  must(seen?.data === text, `\`data\` of ${size} does not come back`, todo)
  must(seen.outcome === text, `an outcome of ${size} does not come back`, todo)
}
