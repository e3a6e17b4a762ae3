/** What somebody asks for with a key. */
export type Action =
  | { readonly what: 'select'; readonly index: number }
  | { readonly what: 'move'; readonly by: 1 | -1 }
  | { readonly what: 'toggle' | 'trigger' | 'toggle-room' | 'tick-room' | 'quit' | 'interrupt' }

/** A key, as `node:readline` tells of it. */
export interface Key {
  readonly name?: string | undefined
  readonly ctrl?: boolean | undefined
  readonly meta?: boolean | undefined
}

const actions: Readonly<Record<string, Action>> = {
  up: { what: 'move', by: -1 },
  down: { what: 'move', by: 1 },
  '1': { what: 'select', index: 0 },
  '2': { what: 'select', index: 1 },
  '3': { what: 'select', index: 2 },
  p: { what: 'toggle' },
  t: { what: 'trigger' },
  e: { what: 'toggle-room' },
  space: { what: 'tick-room' },
  q: { what: 'quit' },
}

/** What a key asks for. */
export function actionOf({ name = '', ctrl = false, meta = false }: Key): Action | undefined {
  // A terminal that hands on every key sends no signal: Ctrl-C is a key like others.
  if (ctrl) return name === 'c' ? { what: 'interrupt' } : undefined
  return !meta && Object.hasOwn(actions, name) ? actions[name] : undefined
}

/** Which of some is selected. */
export class Selection {
  readonly #count: number
  #index = 0

  constructor(count: number) {
    this.#count = count
  }

  get index(): number {
    return this.#index
  }

  select(index: number): void {
    if (index < this.#count) this.#index = index
  }

  /** From the last one to the first, and back. */
  move(by: number): void {
    this.#index = (this.#index + by + this.#count) % this.#count
  }
}
