import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readComposeFiles } from '../../../src/cli/compose-files.ts';
import { inspect } from '../../../src/cli/stack-env/inspect.ts';
import { loadSettings } from '../../../src/config/load.ts';
import { type Problem, SidingsError } from '../../../src/model/problem.ts';
import { printable } from '../../../src/model/text.ts';
import { guardCompose } from '../../../src/resolver/compose-guards.ts';
import { parseEnvFile } from '../../../src/resolver/env-files.ts';
import { formatShell } from '../../../src/resolver/formats.ts';
import { formatProposal, propose } from '../../../src/resolver/init.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { bounded, damage, patienceMs } from '../../support/fuzz.ts';
import { anyText } from '../../support/text.ts';

/** What people and programs write into the files that we read: an answer or a clear error, and nothing else. */

const projectFile = `{
  // The usual project.
  "project": "project",
  "services": {
    "api": { "port": 18000, "env": ["API_PORT"], "health": "/healthz" },
    "web": { "port": 15173, "default": true, "subdomains": true },
    "postgres": { "port": 15432, "kind": "tcp", "env": ["POSTGRES_PORT"] },
  },
  "env": { "DATABASE_URL": "postgresql://postgres:postgres@localhost:{postgres.port}/{database}", "API_URL": "{api.url}" },
  "resolver": { "command": ["./stack-env", "--json"] }
}`;
const envFile = `# What dotenv reads.
export API_PORT=18003
DATABASE_URL="postgresql://postgres:secret@localhost:15434/project_2"
GREETING='hello # world' # a comment
EMPTY=
MULTI="one
two \\"three\\""
`;
const composeFile = `services:
  api: &api
    image: node
    container_name: project-api
    ports: ["8000:8000", "127.0.0.1:\${WEB_PORT:-5173}:5173", { target: 9229, published: 9229 }]
    environment: { DATABASE_URL: "\${DATABASE_URL?}" }
  worker:
    <<: *api
    volumes: ["data:/data"]
volumes:
  data: { name: project-data }
`;

const hostileJson = fc.constantFrom(
  ...['', 'null', '[]', '"x"', '0', '{}', '\0', '\ufeff{}', '{"project":', '{"__proto__": {"project": "x"}}'],
  ...['[', '{"a":'].map((open) => open.repeat(20_000)),
  `{"project":"project","services":{${Array.from({ length: 2000 }, (_, port) => `"s${port}":{"port":${port + 1}}`)}}}`,
  '{"project":"project","services":{"constructor":{"port":1},"toString":{"port":2},"__proto__":{"port":3}}}',
  `{"project":"${'x'.repeat(100_000)}","services":{}}`,
);
const hostileYaml = fc.constantFrom(
  ...[
    '',
    '- '.repeat(5000),
    '{'.repeat(5000),
    '[[[[',
    'services: &a [*a]',
    'services: { <<: *nobody }',
    '? ? ? ?',
    '!!js x',
  ],
  ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefghi'].reduce((text, name) => {
    const before = String.fromCharCode(name.charCodeAt(0) - 1);
    return `${text}\n${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`)}]`;
  }),
  `services:\n${' '.repeat(50_000)}x`,
);
const hostileEnv = fc.constantFrom('A="'.repeat(10_000), 'A=\\'.repeat(10_000), '\0'.repeat(1000), '='.repeat(50_000));

const textLike = (whole: string, hostile: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 5, arbitrary: damage.map((damaged) => damaged(whole)) },
    { weight: 1, arbitrary: hostile },
    { weight: 1, arbitrary: anyText(200) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
  );

/** It names what is wrong and says what to do, and can be shown. */
const expectClear = ({ message, hint }: Pick<Problem, 'message' | 'hint'>): void => {
  for (const text of [message, hint]) {
    expect(text).not.toBe('');
    expect(printable(text)).toBe(text);
    expect(text).not.toMatch(/\[object|undefined/);
  }
};

test(
  'whatever is in sidings.json and .env, there is an environment or a clear error',
  async () => {
    const folder = await temporaryFolder();
    const settings = await loadSettings({
      flags: { stateDir: join(folder, 'state'), certsDir: join(folder, 'certs') },
      environment: {},
      cwd: folder,
      home: folder,
    });
    const dir = join(folder, 'project-3');
    await fc.assert(
      fc.asyncProperty(textLike(projectFile, hostileJson), textLike(envFile, hostileEnv), async (project, env) => {
        await write(join(dir, 'sidings.json'), project);
        await write(join(dir, '.env'), env);
        try {
          const { copy, env: environment, problems } = await inspect({ dir, settings });
          for (const problem of problems) expectClear(problem);
          expect(formatShell(environment)).toContain(`STACK_NAME=`);
          expect(copy.name).toBe('project-3');
        } catch (error) {
          if (!(error instanceof SidingsError)) throw error;
          expectClear(error);
        }
      }),
      bounded(150),
    );
  },
  patienceMs,
);

test(
  'whatever is in a compose file, it is read or told, and what init makes of it is a project',
  async () => {
    const folder = await temporaryFolder();
    const copy = { name: 'project-3', mode: 'workstream', env: {}, services: {} } as never;
    await fc.assert(
      fc.asyncProperty(textLike(composeFile, hostileYaml), textLike(envFile, hostileEnv), async (compose, env) => {
        await write(join(folder, 'compose.yaml'), compose);
        const { files, problems } = await readComposeFiles(folder, ['compose.yaml']);
        expect(files.length + problems.length).toBe(1);
        for (const problem of problems) expectClear(problem);
        for (const problem of guardCompose({ copy, files, environment: {} })) expectClear(problem);
        const envFiles = [{ file: '.env', entries: parseEnvFile(env), committed: true }];
        const proposal = propose({ project: 'project', compose: files, envFiles, packages: [] });
        if (proposal !== undefined) expect(formatProposal(proposal)).toContain('"project"');
      }),
      bounded(150),
    );
  },
  patienceMs,
);
