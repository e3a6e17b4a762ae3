import config from '@pipe/config/eslint'
import { defineConfig } from 'eslint/config'

/** The template has a tsconfig.json for its later life; here it is read with ours, which needs no build. */
export default defineConfig(config, {
  files: ['template/**/*.ts'],
  languageOptions: {
    parserOptions: { projectService: false, project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
  },
})
