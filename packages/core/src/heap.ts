/** Whether `a` comes out before `b`. */
export type Before<T> = (a: T, b: T) => boolean

/** Puts a value into a binary heap. */
export function pushHeap<T>(heap: T[], value: T, before: Before<T>): void {
  let i = heap.push(value) - 1
  while (i > 0) {
    const parent = (i - 1) >> 1
    if (!before(value, heap[parent]!)) break
    heap[i] = heap[parent]!
    i = parent
  }
  heap[i] = value
}

/** Takes the first value out of a binary heap that is not empty. */
export function popHeap<T>(heap: T[], before: Before<T>): T {
  const first = heap[0]!
  const value = heap.pop()!
  const size = heap.length
  if (size === 0) return first
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= size) break
    if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, value)) break
    heap[i] = heap[child]!
    i = child
  }
  heap[i] = value
  return first
}
