import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const execute = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

/** The package as a user gets it: packed from what is built, then installed globally under a prefix of its own. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sidings-package-'));
  const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: repository,
  });
  const packed: unknown = JSON.parse(stdout);
  const [{ filename }] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as [{ filename: string }];
  await execute('npm', [
    'install',
    '--global',
    '--no-audit',
    '--no-fund',
    '--prefix',
    join(folder, 'prefix'),
    join(folder, filename),
  ]);
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the installed stack-env resolves a copy', async () => {
  const copy = join(folder, 'project-3');
  await mkdir(copy);
  await writeFile(
    join(copy, 'sidings.json'),
    JSON.stringify({ project: 'project', services: { api: { port: 8000 }, web: { port: 5173 } } }),
  );
  const { stdout } = await execute(join(folder, 'prefix/bin/stack-env'), ['--json'], {
    cwd: copy,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'project-3',
    services: { api: { port: 8003 }, web: { port: 5176 } },
  });
});

const compile = (file: string, ...more: readonly string[]) => {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', ...more];
  const tsc = join(repository, 'node_modules/typescript-native/bin/tsc');
  return execute(process.execPath, [tsc, ...options, file], { cwd: folder });
};

test('the types of the library need nothing that is not installed with it', async () => {
  const file = join(folder, 'prefix/lib/use.mts');
  await writeFile(
    file,
    `import { type ProjectFile, readProjectFile } from 'sidings';
const project: ProjectFile = await readProjectFile('.');
export const port: number | undefined = project.services['api']?.port;
// @ts-expect-error It is not just any value.
export const wrong: number = project.services;
`,
  );
  await compile(file);
});

test('with @playwright/test beside it, a configuration keeps its types, those of a user’s own options as well', async () => {
  await mkdir(join(folder, 'prefix/lib/node_modules/@playwright'));
  const installed = join(repository, 'node_modules/@playwright/test');
  await symlink(installed, join(folder, 'prefix/lib/node_modules/@playwright/test'));
  const file = join(folder, 'prefix/lib/playwright.config.mts');
  await writeFile(
    file,
    `import { defineConfig, devices } from '@playwright/test';
import { currentCopy, withSidings } from 'sidings/playwright';
interface Own { readonly person: string }
const { services, storageStateFile } = currentCopy();
const webServer = { command: 'npm run dev', url: services['web']?.localUrl, reuseExistingServer: true };
const use = { trace: 'on-first-retry', person: 'Ada', storageState: storageStateFile('ada') } as const;
const projects = [{ name: 'desktop', use: devices['Desktop Chrome'] }];
export default defineConfig<Own>(withSidings<Own>({ testDir: 'e2e', use, projects, webServer }, { service: 'web' }));
export const plain = defineConfig(withSidings({ use: { trace: 'on-first-retry' }, retries: 2 }));
// @ts-expect-error There is no such trace.
withSidings({ use: { trace: 'sometimes' } });
`,
  );
  // Its own types need those of Node.
  await compile(file, '--skipLibCheck');
});

test('the installed sidings starts, answers on its status page and ends at SIGTERM', async () => {
  const child = execFile(
    join(folder, 'prefix/bin/sidings'),
    ['start', '--http-port', '0', '--root', folder, '--state-dir', join(folder, 'state')],
    { env: { PATH: process.env.PATH, HOME: folder } },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (data) => resolve(String(data)));
      child.once('close', (code) => reject(new Error(`sidings ended with ${code} before it was ready`)));
    });
    const { http } = JSON.parse(line) as { http: { port: number } };
    const answer = await fetch(`http://127.0.0.1:${http.port}/`, { headers: { host: 'localhost' } });
    // fetch may not set Host; the address itself is not one of our hosts, and the answer must say so.
    expect(answer.status).toBe(421);
    const { stdout } = await execute('curl', ['-s', '-H', 'Host: localhost', `http://127.0.0.1:${http.port}/`]);
    expect(stdout).toContain('<title>');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toBe(0);
});
