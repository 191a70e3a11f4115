import { defineConfig } from 'vitest/config'

/** Workspace packages are read from their sources: no build stands before a test. */
const SOURCE = '@tenon/source'

export default defineConfig({
  resolve: { conditions: [SOURCE] },
  ssr: { resolve: { conditions: [SOURCE, 'module', 'node', 'development|production'], externalConditions: [SOURCE, 'node'] } },
  test: {
    include: ['{packages,plugins,apps}/*/src/**/*.test.ts', 'bench/src/**/*.test.ts', 'docs/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: ['packages/testing/src/stores/vitest-setup.ts'],
    // Also what a test starts by `fork` reads sources; one that uses `spawn` passes `...process.execArgv` on.
    execArgv: [`--conditions=${SOURCE}`],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
})
