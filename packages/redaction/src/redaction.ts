import redactPaths from '@pinojs/redact'

/** What is taken out besides what always is. */
export interface RedactOptions {
  /**
   * Paths that begin at what is copied, a value or an error: `user.email`, `cards[*].number`, `headers["x-key"]`. `*`
   * stands for one name.
   */
  readonly paths?: readonly string[]
  /** Names of fields, wherever they are. Of a string, case, `-` and `_` do not matter. */
  readonly keys?: readonly (string | RegExp)[]
  /** What is taken out of every text: of messages and stacks too, and of names of fields from 16 characters up. */
  readonly patterns?: readonly RegExp[]
}

/** What stands in the place of what was taken out. */
export const CENSORED = '[redacted]'

/** Names of fields that hold secrets, without case, `-` and `_`. Counts of tokens are no secrets. */
const SECRET_KEY =
  /passw|passphrase|passcode|^pass$|pwd|secret(?!ary)|tokens?$|authorization$|cookies?$|(?:api|access|private|signing|encryption)keys?$|credentials?$|^jwt$|^otp$|^pin$|^cv[vc]\d?$/

const KEYS_IN_TEXT = 'passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key'

/** Secrets in text, with what stays of them. What may be tried from many places is bounded, so that all take linear time. */
const SECRETS: readonly (readonly [pattern: RegExp, left: string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, CENSORED],
  [/\beyJ[\w-]{8,2048}\.[\w-]+(?:\.[\w-]*)?/g, CENSORED], // a JSON web token
  [/(authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)(?:[a-z]{1,20}\s{1,4})?[^\s"',;\\]+/gi, `$1${CENSORED}`],
  [/\b(bearer\s{1,4})[\w.~+/=:-]{6,}/gi, `$1${CENSORED}`],
  [/(:\/\/)[^\s/?#"']{1,512}@/g, `$1${CENSORED}@`], // user and password of an address
  [
    /\b(?:A(?:KI|SI)A[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_\w{30,}|AIza[\w-]{30,}|xox[abprs]-[\w-]{10,}|[sprw]k[-_](?:live|test|proj|ant)?[\w-]{16,})/g,
    CENSORED,
  ],
  [
    new RegExp(
      `((?:${KEYS_IN_TEXT})\\w{0,16}\\\\?["']?\\s{0,4}[:=]\\s{0,4})(?:\\\\?"[^"]*"?|\\\\?'[^']*'?|[^\\s"'&,;)}\\]]+)`,
      'gi',
    ),
    `$1${CENSORED}`,
  ],
]

/** What is taken out of copies. */
export interface Redaction {
  /** Whether what has this name may be a secret. */
  readonly suspects: (key: string) => boolean
  /** `text` without secrets. */
  readonly clean: (text: string) => string
  /** Takes out what paths lead to. May change `copy`, so it must be one; nothing in it may throw when it is read. */
  readonly cut: <T extends object>(copy: T) => T
}

/** Takes out nothing. */
export const NO_REDACTION: Redaction = { suspects: () => false, clean: (text) => text, cut: (copy) => copy }

/** @throws Error when a path cannot be read */
export function redactionOf({ paths = [], keys = [], patterns = [] }: RedactOptions): Redaction {
  const names = new Set(keys.filter((key) => typeof key === 'string').map(normalized))
  const expressions = keys.filter((key) => key instanceof RegExp).map((key) => withFlags(key, ''))
  const secrets = [...SECRETS, ...patterns.map((pattern) => [withFlags(pattern, 'g'), CENSORED] as const)]
  const suspects = remembered((key) => {
    const name = normalized(key)
    return SECRET_KEY.test(name) || names.has(name) || expressions.some((expression) => expression.test(key))
  })
  // Without `serialize` it would put a function `restore` into the copy.
  const cut =
    paths.length > 0 && redactPaths({ paths: [...paths], censor: CENSORED, serialize: (copy: unknown) => copy })
  return {
    suspects,
    clean: (text) => secrets.reduce((rest, [pattern, left]) => rest.replace(pattern, left), text),
    cut: (copy) => (cut ? (cut(copy) as typeof copy) : copy),
  }
}

const normalized = (key: string) => key.replace(/[-_\s.]/g, '').toLowerCase()

/** Whether what a suspicious name stands for tells nothing: no value, yes or no, a count (`input_tokens: 512`). */
export const isHarmless = (key: string, value: unknown) =>
  value === undefined ||
  value === null ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && /tokens$/i.test(key))

/** An expression with a memory of where it was would find every other secret only. */
const withFlags = ({ source, flags }: RegExp, more: string) => new RegExp(source, flags.replace(/[gy]/g, '') + more)

/** So many answers are remembered. Keys may be ids, so there is no end to them. */
const MOST = 1_000

function remembered(ask: (key: string) => boolean): (key: string) => boolean {
  const answers = new Map<string, boolean>()
  return (key) => {
    let answer = answers.get(key)
    if (answer === undefined) {
      if (answers.size >= MOST) answers.clear()
      answers.set(key, (answer = ask(key)))
    }
    return answer
  }
}
