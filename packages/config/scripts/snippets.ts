/**
 * A module made of the ```ts blocks of a Markdown file. Every other line is blank, so line 12 of the module is line 12 of the page.
 *
 * The blocks of a page continue one another. Words after `ts` change that: `standalone` puts a block in a module of its own,
 * `no-run` keeps the module from being run (its types are still checked).
 */
export interface Snippet {
  /** The line of the first block: unique in its page. */
  readonly line: number
  readonly code: string
  readonly runs: boolean
  /** What it must print, in this order: the comments `// → text`. */
  readonly prints: readonly string[]
}

export function snippetsOf(markdown: string): Snippet[] {
  const lines = markdown.split('\n')
  const modules: { line: number; runs: boolean; code: string[] }[] = []
  let page: (typeof modules)[number] | undefined
  let open: { fence: string; module: (typeof modules)[number] | undefined } | undefined

  for (const [index, line] of lines.entries()) {
    const [, fence, info = ''] = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? []
    if (open) {
      if (fence === open.fence && info === '') open = undefined
      else if (open.module) open.module.code[index] = line
    } else if (fence) {
      const [language, ...words] = info.split(/\s+/)
      const unknown = words.find((word) => word !== 'standalone' && word !== 'no-run')
      if (language === 'ts' && unknown)
        throw new Error(`line ${index + 1}: "${unknown}" is neither standalone nor no-run`)
      let module: typeof page
      if (language === 'ts') {
        module = (words.includes('standalone') ? undefined : page) ?? { line: index + 1, runs: true, code: [] }
        if (!modules.includes(module)) modules.push(module)
        if (!words.includes('standalone')) page = module
        if (words.includes('no-run')) module.runs = false
      }
      open = { fence, module }
    }
  }
  return modules.map(({ line, runs, code }) => ({
    line,
    runs,
    code: Array.from(code, (text) => (text as string | undefined) ?? '').join('\n') + '\n',
    prints: code.flatMap((text) => /\/\/ → (.*)$/.exec(text)?.[1]?.trim() ?? []),
  }))
}

/** The first of `prints` that is not in `output`, where the page says so; `undefined` when all are. */
export function unprinted({ prints }: Snippet, output: string): string | undefined {
  let rest = output
  for (const text of prints) {
    const at = rest.indexOf(text)
    if (at < 0) return text
    rest = rest.slice(at + text.length)
  }
  return undefined
}
