import pLimit from 'p-limit'

export const map = (fn, concurrency) => (items) => {
  const limit = pLimit(concurrency)
  return Promise.all(items.map((item) => limit(fn, item)))
}
