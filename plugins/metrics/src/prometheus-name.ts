import type { Instrument } from './sink.ts'

/**
 * The name of an instrument in Prometheus, as OpenTelemetry defines it: `_` for dots, the unit in full, `_total` for a
 * counter. `pipe.run.duration` in `s` is `pipe_run_duration_seconds`.
 */
export function prometheusName({ name, kind, unit }: Pick<Instrument, 'name' | 'kind' | 'unit'>): string {
  const plain = name.replace(/[^a-z0-9]+/gi, '_')
  const withUnit = unit === 's' ? suffixed(plain, '_seconds') : plain
  return kind === 'counter' ? suffixed(withUnit, '_total') : withUnit
}

const suffixed = (name: string, suffix: string) => (name.endsWith(suffix) ? name : name + suffix)
