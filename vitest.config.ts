import { defineConfig } from 'vitest/config';

/** `npm run fuzz` has properties tried for longer. */
const setupFiles = process.env.FUZZ_SECONDS === undefined ? [] : ['test/support/fuzz-longer.ts'];

const complete = { statements: 100, branches: 100, functions: 100, lines: 100 };

export default defineConfig({
  test: {
    // No retries: a test that fails now and then is a bug in the test or in the code.
    retry: 0,
    // What was made of a file is kept while the file stays as it is: to make it is most of what a run of the unit tests takes.
    experimental: { fsModuleCache: true },
    projects: [
      // Pure, so nothing of one file is left for the next: without a process for each they take a third of the time.
      {
        test: {
          name: 'unit',
          setupFiles,
          include: ['test/unit/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          // To load everything twice takes longer than a second thread saves.
          maxWorkers: 1,
          // A busy machine is no failure.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          setupFiles,
          include: ['test/{integration,regressions,e2e}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      // What is true of a request must be true whichever lane it takes: the tests of the proxy once more, without the fast one.
      {
        test: {
          name: 'full-lane',
          include: [
            'test/integration/proxy/{faults,forwarding,http2,leaks,status,upstream-protocols}.test.ts',
            'test/regressions/*.test.ts',
          ],
          provide: { lanes: 'full' },
          testTimeout: 30_000,
        },
      },
      // What must hold whatever is sent: its tests take both lanes and TLS by themselves.
      {
        test: {
          name: 'hostile',
          include: ['test/hostile/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          globalSetup: ['test/support/docker-engine.mjs'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.generated.ts', 'src/**/*.d.ts'],
      reporter: ['text-summary'],
      // What decides without I/O is covered completely by the unit tests, which is measured by `npm run test:unit -- --coverage`.
      thresholds: {
        'src/model/*.ts': complete,
        'src/providers/docker/{addresses,answers,endpoints,plan,wishes}.ts': complete,
        'src/resolver/{slots,blocked-ports,environment,formats,own-answer,guards,secrets}.ts': complete,
        'src/resolver/{marked-block,env-block,dev-servers,database}.ts': complete,
        'src/resolver/{compose-containers,compose-guards,compose-options,compose-ports}.ts': complete,
        'src/status/web/text/*.ts': complete,
        'src/proxy/{answer-head,cookies,dispatch,headers,http2-headers,name-filter,problem-page,request-head}.ts':
          complete,
        'src/proxy/fast/{chunked-body,fields,message-body,plain-answer,plain-head,serialise}.ts': complete,
        'src/proxy/fast/http2/hpack/*.ts': complete,
        'src/proxy/fast/http2/{field-rules,frame-output,frame-reader,head-block,receive-window,stream}.ts': complete,
      },
    },
  },
});
