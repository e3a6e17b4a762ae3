import tapable from 'tapable'

export const chain = (functions) => {
  const hook = new tapable.AsyncSeriesWaterfallHook(['value'])
  functions.forEach((fn, index) => hook.tapPromise(`s${index}`, fn))
  return (value) => hook.promise(value)
}

export const observers = (listeners) => {
  const hook = new tapable.SyncHook(['event'])
  for (const listener of listeners) hook.tap('listener', listener)
  return (event) => hook.call(event)
}
