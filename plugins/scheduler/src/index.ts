/**
 * Pipelines in time.
 *
 * @packageDocumentation
 */
export { errorCodes } from './codes.ts'
