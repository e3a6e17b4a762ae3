// By path, not by name: bench is linted without being installed.
export { default } from '../packages/config/eslint.ts'
