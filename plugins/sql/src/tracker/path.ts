/** Keys of items and numbers of iterations; `]` and `\` are escaped in them, and ids of steps have no brackets. */
const INDEX = /\[(?:[^\]\\]|\\.)*\]/gs

/** A path with other keys of items and numbers of iterations. */
export const withKeys = (path: string, keyOf: (key: string) => string): string =>
  path.includes('[') ? path.replace(INDEX, (index) => `[${keyOf(index.slice(1, -1))}]`) : path

/** The path of a step as its definition has it, to group by: `orders[42]/charge` is `orders/charge`. */
export const definitionPath = (path: string): string => (path.includes('[') ? path.replace(INDEX, '') : path)
