import { type IConfiguration, type IRegularForbiddenRuleType } from 'dependency-cruiser'

/**
 * Who may import whom, type imports included: the rules dependency-cruiser checks.
 *
 *     core ← state ← testing ← plugins/*        definition, scenario, server, dashboard, cli
 *     core ← redaction       ← plugins/*        stand on core and state and get plugins from the application
 *     examples, bench                           are applications: published names, as any user
 */
const packageOf = '^((?:packages|plugins|examples)/[^/]+|bench)/'
const workspace = '^((packages/(?!config/)|plugins/|examples/)|bench/)'
const above = '^packages/(definition|scenario|server|dashboard|cli|create-pipe-plugin)/'

const rule = (
  name: string,
  comment: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType => ({ name, comment, severity: 'error', from, to })

/** The files of `from` may import, of this workspace, themselves and `may`: nothing else. */
const floor = (name: string, from: string, ...may: string[]) =>
  rule(
    `floor-of-${name}`,
    `${name} imports of ours only: ${may.join(', ') || 'nothing'}`,
    { path: from },
    {
      path: workspace,
      pathNot: [from, ...may],
    },
  )

export default {
  forbidden: [
    floor('core', '^packages/core/'),
    floor('state', '^packages/state/', '^packages/core/'),
    floor('redaction', '^packages/redaction/', '^packages/core/'),
    floor('testing', '^packages/testing/', '^packages/(core|state)/'),
    rule(
      'floor-of-plugins',
      'a plugin imports core, state, redaction and testing, never another plugin',
      // schedules are tested on all stores, as applications have them
      { path: '^plugins/([^/]+)/', pathNot: '^plugins/scheduler/test/schedule/support/' },
      { path: workspace, pathNot: ['^plugins/$1/', '^packages/(core|state|redaction|testing)/'] },
    ),
    rule(
      'floor-above-plugins',
      'gets plugins from the application (only tests are one)',
      { path: above, pathNot: '/test/' },
      { path: workspace, pathNot: [above, '^packages/(core|state|testing)/'] },
    ),
    rule(
      'published-names-only',
      'another package is imported by its name, not by a path',
      // bench is no part of the workspace: it cannot import its configuration by name
      { path: packageOf, pathNot: '^bench/eslint.config.js' },
      { dependencyTypes: ['local'], pathNot: '^$1/' },
    ),
    rule(
      'core-stands-alone',
      'core has no dependency; typed-emitter is copied into its declarations',
      { path: '^packages/core/src/' },
      { pathNot: ['^packages/core/src/', '/typed-emitter/'] },
    ),
    rule(
      'emitter-is-a-type',
      'typed-emitter is types only',
      { path: '/src/' },
      { path: '/typed-emitter/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'declared-dependencies',
      'src needs it at run time: a dependency or a peer, not a dev dependency',
      { path: '^(packages|plugins)/[^/]+/src/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'npm', 'type-only'] },
    ),
    rule('no-cycle', 'a cycle: no file has a place in it', {}, { circular: true }),
    rule(
      'index-on-top',
      'index.ts is the door for others; inside, import the file that owns the name',
      { path: `${packageOf}src/` },
      { path: '^$1/src/index\\.ts$' },
    ),
    rule('src-without-test', 'src never needs a test', { path: '/src/' }, { path: '/test/' }),
    rule(
      'one-concept',
      'a file is named after its concept',
      {},
      { path: '/(types|utils|util|helpers|common|misc)\\.ts$', pathNot: '/node_modules/' },
    ),
    // bench installs its peers itself, when it is run
    rule('resolvable', 'nothing answers to this name', { pathNot: '^bench/' }, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@pipe/source', 'types', 'import', 'default'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|consumer)/' },
  },
} satisfies IConfiguration
