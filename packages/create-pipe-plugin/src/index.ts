export { CreateError } from './create-error.ts'
export { type CreatedPlugin, type CreateOptions, createPlugin } from './create-plugin.ts'
export type { PluginName } from './plugin-name.ts'
