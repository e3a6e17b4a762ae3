import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { markdown } from './table.mjs'

const FILE = new URL('../README.md', import.meta.url)

/** Puts the table of a case between its marks in README.md, with the date, the machine and how busy it is. */
export function writeToReadme(name, table) {
  const text = readFileSync(FILE, 'utf8')
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no place for this table: add ${begin}${end}`)
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${date}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)}`
  const place = `<!-- prettier-ignore -->\n${markdown(table)}\n\n<sub>${machine}</sub>\n\n`
  writeFileSync(FILE, text.slice(0, from + begin.length) + place + text.slice(to))
}
