import pMap from 'p-map'

export const map = (fn, concurrency) => (items) => pMap(items, fn, { concurrency })

export const mapStream = map
