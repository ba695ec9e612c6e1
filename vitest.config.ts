import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'product',
          include: ['tests/{unit,integration,contract}/**/*.test.{ts,tsx}'],
          globalSetup: ['tests/support/postgres.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the others: it keeps both cores busy.
        test: {
          name: 'model',
          include: ['tests/model/**/*.test.ts'],
          globalSetup: ['tests/support/postgres.ts'],
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One file at a time, and in it many scenarios at once: they mostly wait until a replica counts as dead.
        test: {
          name: 'crash',
          include: ['tests/crash/**/*.test.ts'],
          globalSetup: ['tests/support/crash-postgres.ts'],
          testTimeout: 480_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          maxConcurrency: 12,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // One file at a time: each keeps several replicas under load.
        test: {
          name: 'operations',
          include: ['tests/operations/**/*.test.ts'],
          globalSetup: ['tests/support/crash-postgres.ts'],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // After the others, and one at a time: they share one running InfraHub and two cores.
        test: {
          name: 'browser',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['tests/support/stack.ts'],
          testTimeout: 90_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
      {
        // The image, the charts and the pipeline. npm and the build keep both cores busy, so not beside others.
        test: {
          name: 'deploy',
          include: ['tests/deploy/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
