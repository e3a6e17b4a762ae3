export { default } from './eslint.ts'
