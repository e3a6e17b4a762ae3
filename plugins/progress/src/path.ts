/**
 * Where the path of a step can be cut into the path of what is around it and the rest: before each `/` and `[`. Those in
 * the keys of items do not count; a key ends at the first `]` without a backslash before it.
 */
export function cutsOf(path: string): number[] {
  const cuts: number[] = []
  for (let i = 0; i < path.length; i++) {
    if (path[i] === '/') cuts.push(i)
    else if (path[i] === '[') {
      cuts.push(i)
      i = endOfKey(path, i)
    }
  }
  return cuts
}

/** A path without the brackets of a key or the slash in front of it. */
export function nameOf(rest: string): string {
  if (rest.startsWith('[')) return rest.slice(1, endOfKey(rest, 0)).replace(/\\(.)/gs, '$1')
  return rest.startsWith('/') ? rest.slice(1) : rest
}

function endOfKey(path: string, open: number): number {
  let at = open + 1
  while (at < path.length && path[at] !== ']') at += path[at] === '\\' ? 2 : 1
  return at
}
