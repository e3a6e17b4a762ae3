import config from '@pipe/config/tsup'

export default { ...config, entry: ['src/index.ts', 'src/cli.ts'] }
