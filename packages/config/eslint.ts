import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** The rules of every package: `export { default } from '@pipe/config/eslint'`. */
export default defineConfig(
  { ignores: ['**/dist/**', '**/coverage/**', '**/.turbo/**', '**/.readme/**', '**/*.d.ts', '**/consumer/**'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Indexed access is checked: `!` says that an index is known to be in range. `as` would say more than that.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `{}` is what an intersection of nothing is.
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      // An event map needs the index signature that only a `type` has.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // What users throw is passed on as it is, whatever it is; what we throw ourselves is an Error.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['**/test/**'],
    rules: { '@typescript-eslint/require-await': 'off' },
  },
  {
    files: ['src/**'],
    rules: {
      'max-lines': ['error', 250],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what you export: names leak.' },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked], rules: { 'no-undef': 'off' } },
)

const everywhere = 'This package runs in Node, Bun, Deno, workers and browsers: use what all of them have.'

/** Added by packages that run on any JavaScript runtime: no Node built-in, no global of one runtime. */
export const portable = defineConfig({
  files: ['src/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: '^(node:|bun:|(fs|path|os|events|util|crypto|stream|timers|async_hooks)(/|$))',
            message: everywhere,
          },
        ],
      },
    ],
    'no-restricted-globals': [
      'error',
      ...[
        'process',
        'Buffer',
        'global',
        'setImmediate',
        'clearImmediate',
        'window',
        'document',
        'self',
        'Deno',
        'Bun',
      ].map((name) => ({ name, message: everywhere })),
    ],
  },
})
