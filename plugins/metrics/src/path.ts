/** Keys of items and numbers of iterations; `]` and `\` are escaped in them, and ids of steps have no brackets. */
const INDEX = /\[(?:[^\]\\]|\\.)*\]/g

/** The path of a step as its definition has it: `orders[42]/charge` is `orders/charge`, so there are only so many. */
export function definitionPath(path: string): string {
  return path.includes('[') ? path.replace(INDEX, '') : path
}
