import shared from '@pipe/config/tsup'

export default {
  ...shared,
  // Executions are `AsyncDisposable`: TypeScript users need not have that in their `lib`.
  dts: { ...shared.dts, banner: '/// <reference lib="esnext.disposable" />' },
}
