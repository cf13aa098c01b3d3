import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // No retries: a test that fails now and then is a bug in the test or in the code.
    retry: 0,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['test/{integration,regressions,e2e}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text'] },
  },
});
