import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['spec/**/*.test.ts'],
    globalSetup: ['spec/support/build.ts'],
    setupFiles: ['spec/support/environment.ts'],
    // Most of the time goes into child processes: more workers than cores would only slow them down.
    maxWorkers: 2,
    testTimeout: 60_000,
    reporters: process.env.STINT_TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.STINT_TEST_REPORT }]]
      : ['default'],
  },
})

export default config
