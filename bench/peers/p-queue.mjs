import PQueue from 'p-queue'

export const map = (fn, concurrency) => (items) => {
  const queue = new PQueue({ concurrency })
  return queue.addAll(items.map((item) => () => fn(item)))
}
