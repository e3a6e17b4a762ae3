export { default } from '@pipe/config/tsup'
