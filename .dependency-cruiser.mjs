/** Layers of DESIGN: imports go down only. Each rule says what to do instead. */
const only = (name, path, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${path}/` },
  to: { path: '^src/', pathNot: `^src/(${allowed.join('|')})/` },
});

const owner = (npmPackage, folder) => ({
  name: `${npmPackage}-has-one-owner`,
  comment: `Only src/${folder}/ may import ${npmPackage}. Export a function from there that does what you need.`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${folder}` },
  to: { path: `^node_modules/${npmPackage}/` },
});

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that import each other are one idea or three: move what both need into a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only('model-is-pure', 'model', ['model'], 'The model knows nobody. Pass what it needs as an argument.'),
    {
      name: 'model-does-no-io',
      comment: 'The model has no packages and no Node modules. Do the I/O in the caller and pass the result in.',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { pathNot: '^src/model/' },
    },
    only(
      'resolver-is-a-library',
      'resolver',
      ['resolver', 'model'],
      'The resolver is a library of its own: settings come in as arguments.',
    ),
    only(
      'config-is-read',
      'config',
      ['config', 'resolver', 'model'],
      'Configuration is read, not acted on. Act on it in daemon.ts or the CLI.',
    ),
    only(
      'providers-publish',
      'providers',
      ['providers', 'resolver', 'model'],
      'A provider publishes snapshots. What is done with them belongs in the registry.',
    ),
    only(
      'tls-certifies',
      'tls',
      ['tls', 'resolver', 'model'],
      'Certificates know no routes and no settings: which names are ours comes as a function, from daemon.ts.',
    ),
    only(
      'registry-merges',
      'registry',
      ['registry', 'providers', 'resolver', 'config', 'model'],
      'The registry does not know who reads it. Subscribe to it from daemon.ts.',
    ),
    only(
      'proxy-forwards',
      'proxy',
      ['proxy', 'model'],
      'The proxy gets the route table and the diagnosis from daemon.ts as functions.',
    ),
    only('status-shows', 'status', ['status', 'model'], 'The status page gets the state from daemon.ts as a function.'),
    {
      name: 'page-is-a-program-of-its-own',
      comment: 'The page runs in a browser: it has the model and what the API says. What runs in Node it cannot have.',
      severity: 'error',
      from: { path: '^src/status/web/' },
      to: { path: '^src/', pathNot: '^src/(status/web|model)/' },
    },
    {
      name: 'nobody-imports-the-page',
      comment: 'The page is built by itself and served as files. What both need belongs in the model.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/status/web/' },
      to: { path: '^src/status/web/' },
    },
    only('feedback-is-told', 'feedback', ['feedback', 'model'], 'Feedback is told what happened; it asks nobody.'),
    {
      name: 'playwright-asks',
      comment:
        'This runs inside of Playwright, all at once. What has to be found out is found out by look.ts, in a process of its own.',
      severity: 'error',
      from: { path: '^src/playwright/', pathNot: '^src/playwright/look\\.ts' },
      to: { path: '^src/', pathNot: '^src/(playwright|model)/' },
    },
    {
      name: 'nobody-imports-look',
      comment: 'It is a program: run it. Shapes that it shares are in surroundings.ts.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/playwright/look\\.ts' },
    },
    {
      name: 'nobody-imports-the-root',
      comment: 'daemon.ts and the CLI compose the parts; a part that needs them has its arrow the wrong way round.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|daemon\\.ts|playwright/look\\.ts)' },
      to: { path: '^src/(cli/|daemon\\.ts)' },
    },
    owner('dockerode', 'providers/docker/engine.ts'),
    owner('http-proxy', 'proxy/full-lane.ts'),
    owner('fastify', 'status'),
    owner('@fastify/swagger', 'status'),
    owner('preact', 'status/web'),
    owner('node-forge', 'tls/x509.ts'),
    owner('lru-cache', '(tls|resolver)'),
    owner('@playwright/test', 'playwright'),
    owner('@modelcontextprotocol/sdk', 'cli/sidings/mcp.ts'),
    owner('zod', 'cli/sidings/mcp.ts'),
    owner('commander', 'cli'),
    owner('pino', 'feedback'),
    owner('jsonc-parser', 'resolver'),
    owner('yaml', 'cli'),
    owner('open', 'cli'),
    owner('pg', 'feedback/health/postgres.ts'),
    owner('proper-lockfile', 'resolver'),
    {
      name: 'no-dev-dependencies',
      comment: 'The package ships without them. Move the package to dependencies, or the code to test/ or scripts/.',
      severity: 'error',
      // The page is shipped as it was built, with what it imports inside.
      from: { path: '^src/', pathNot: '^src/status/web/' },
      // Of @playwright/test, whoever uses src/playwright has it: a peer.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'no-undeclared',
      comment: 'Add the package to package.json, after a look at its upkeep, size and Node range.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
