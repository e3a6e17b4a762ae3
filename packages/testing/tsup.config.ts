import config from '@pipe/config/tsup'

export default {
  ...config,
  // Of @pipe/state only types are used: they are copied, so that authors of plugins need not install it.
  dts: { ...config.dts, resolve: ['typed-emitter', '@pipe/state'] },
}
