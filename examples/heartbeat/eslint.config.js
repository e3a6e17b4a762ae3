export { default } from '@pipe/config/eslint'
