import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['spec/**/*.test.ts'],
    globalSetup: ['spec/support/build.ts'],
    setupFiles: ['spec/support/environment.ts'],
    // Most of the time goes into child processes: more workers than cores would only slow them down.
    maxWorkers: 2,
    // Hooks run the same processes as tests. The bounds are for what hangs, not for a disk that stalls.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.STINT_TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.STINT_TEST_REPORT }]]
      : ['default'],
  },
})

export default config
