import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

// Three projects by what a test needs: nothing (unit), real services on loopback (integration), a browser (e2e).
// `--conditions=development` makes XState complain about missing actions instead of ignoring them.
const shared = { execArgv: ['--conditions=development'], mockReset: true, restoreMocks: true };

export default defineConfig({
  test: {
    projects: [
      {
        root: '.',
        plugins: [vue()],
        test: {
          ...shared,
          name: 'unit',
          include: ['test/{domain,machines,src,ui}/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts'],
          sequence: { shuffle: true },
        },
      },
      {
        root: '.',
        test: {
          ...shared,
          name: 'integration',
          globalSetup: ['test/support/postgres.setup.ts'],
          include: [
            'test/**/*.integration.test.ts',
            'test/scenarios/**/*.test.ts',
            'test/contract/**/*.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        root: '.',
        test: {
          ...shared,
          name: 'e2e',
          globalSetup: ['test/support/postgres.setup.ts'],
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
