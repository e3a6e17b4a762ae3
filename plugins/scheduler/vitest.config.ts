export { default } from '@pipe/config/vitest'
