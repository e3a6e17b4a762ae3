import { type Options } from 'tsup'

/** The build of every package: one ES module and one declaration file. `export { default } from '@pipe/config/tsup'`. */
export default {
  entry: ['src/index.ts'],
  format: ['esm'],
  // typed-emitter is types only and does not resolve under NodeNext: its interface is copied into our declarations.
  dts: { resolve: ['typed-emitter'], compilerOptions: { stripInternal: true } },
  target: 'node22',
  platform: 'node',
  // Without this `node:sqlite` becomes `sqlite`, which does not exist.
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
  silent: true,
} satisfies Options
