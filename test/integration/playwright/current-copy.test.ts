import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { start, startService, startSidings } from '../../support/commands.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { makeCopies, type TestCopy } from '../../support/project-copies.ts';

const library = new URL('../../../dist/playwright/index.js', import.meta.url).href;

const twoCopies = async () => {
  const folder = await temporaryFolder();
  const [second, third] = (await makeCopies(folder, ['project-2', 'project-3'])) as [TestCopy, TestCopy];
  return { folder, second, third };
};

/** Runs a program that uses the library as a configuration does; gives what it printed, as JSON where it ended well. */
const evaluate = async (folder: string, cwd: string, program: string, env: Record<string, string> = {}) => {
  const file = join(folder, 'program.mjs');
  await write(file, `import { currentCopy, withSidings } from ${JSON.stringify(library)};\n${program}`);
  const own = { SIDINGS_STATE_DIR: join(folder, '.state'), SIDINGS_CERTS_DIR: join(folder, '.certs') };
  const options = { cwd, env: { PATH: process.env.PATH, HOME: folder, SIDINGS_HTTP_PORT: '1', ...own, ...env } };
  const { code, stdout, stderr } = await start(process.execPath, [file], options).ended;
  return { code, stderr, printed: code === 0 ? JSON.parse(stdout) : stdout };
};

test('a port of this copy that a process of another one holds ends the run, with a proxy or without', async () => {
  const { folder, second, third } = await twoCopies();
  await startService(third.directory, second.ports.web as number, 'web of project-3');
  const { code, stderr } = await evaluate(folder, second.directory, 'currentCopy();');
  expect(code).toBe(1);
  expect(stderr).toContain(`Port ${second.ports.web} (web of project-2) is held by process`);
  expect(stderr).toContain('which works in');
  expect(stderr).toContain('hint: Stop process');
});

test('outside every copy there is nothing to run on', async () => {
  const folder = await temporaryFolder();
  const { code, stderr } = await evaluate(folder, folder, 'withSidings({});');
  expect(code).toBe(1);
  expect(stderr).toContain(`sidings: No sidings.json in ${folder} or any folder above it.`);
});

test('a base URL of another copy is told with its place and without its secrets; one of nobody is kept', async () => {
  const { folder, second, third } = await twoCopies();
  const foreign = `http://ada:secret@localhost:${third.ports.web}`;
  const config = JSON.stringify({ projects: [{ name: 'desktop', use: { baseURL: foreign } }] });
  const { code, stderr } = await evaluate(folder, second.directory, `withSidings(${config});`);
  expect(code).toBe(1);
  expect(stderr).toContain('(use.baseURL of project desktop) belongs to project-3; these tests are in project-2.');
  expect(stderr).not.toContain('secret');

  const staging = 'https://staging.example.com';
  const kept = await evaluate(folder, second.directory, 'console.log(JSON.stringify(withSidings({})));', {
    BASE_URL: staging,
  });
  expect(kept.printed.use).toEqual({ baseURL: staging, launchOptions: { args: [] } });
});

test('where a sign-in is kept nobody else can look', async () => {
  const { folder, second } = await twoCopies();
  const program = 'console.log(JSON.stringify(currentCopy().storageStateFile()));';
  const { printed } = await evaluate(folder, second.directory, `process.umask(0);\n${program}`);
  expect(printed).toMatch(/\/\.state\/playwright\/project-2-[^/]+\/session\.json$/);
  for (let place = dirname(printed); place !== folder; place = dirname(place))
    expect((await stat(place)).mode & 0o777).toBe(0o700);
});

test('the process that reads the configuration resolves, trusts and has the variables of the copy', async () => {
  const { folder, third } = await twoCopies();
  await startService(third.directory, third.ports.web as number, 'web of project-3');
  const suffixes = { SIDINGS_SUFFIX: 'test,localhost' };
  const { port, httpsPort } = await startSidings(['--root', folder], { cwd: folder, env: suffixes });
  const ports = { SIDINGS_HTTP_PORT: String(port), SIDINGS_HTTPS_PORT: String(httpsPort) };
  const { code, stderr, printed } = await evaluate(
    folder,
    third.directory,
    `
    import { lookup } from 'node:dns/promises';
    const text = async (url) => (await fetch(url)).text();
    const failed = await text('https://project-3.web.test:${httpsPort}').catch(() => 'failed');
    const projects = [{ use: { browserName: 'chromium' } }, { use: { browserName: 'webkit' } }];
    const { use, projects: [chromium, webkit] } = withSidings({ projects, use: { launchOptions: { args: ['--mute-audio'] } } });
    const { API_PORT, STACK_NAME } = process.env;
    console.log(JSON.stringify({
      failed, baseURL: use.baseURL, canonical: await text(use.baseURL), other: await text('https://web.project-3.localhost:${httpsPort}'),
      address: (await lookup('any.thing.test')).address, variables: { API_PORT, STACK_NAME },
      args: chromium.use.launchOptions.args, webkit: webkit.use, service: currentCopy().services.web,
    }));
    `,
    { ...suffixes, ...ports },
  );
  expect(code, stderr).toBe(0);
  const url = `https://project-3.web.test:${httpsPort}`;
  expect(printed).toMatchObject({
    failed: 'failed',
    baseURL: url,
    canonical: 'web of project-3',
    other: 'web of project-3',
    address: '127.0.0.1',
    variables: { API_PORT: String(third.ports.api), STACK_NAME: 'project-3' },
    webkit: { browserName: 'webkit' },
    service: {
      kind: 'http',
      port: third.ports.web,
      url,
      localUrl: `http://localhost:${third.ports.web}`,
      default: true,
    },
  });
  expect(printed.webkit).not.toHaveProperty('launchOptions');
  const [audio, rules, keys] = printed.args as readonly string[];
  expect([audio, rules]).toEqual(['--mute-audio', '--host-resolver-rules=MAP *.test 127.0.0.1']);
  // One key for each hostname of both services: three forms, and the bare name for the default one, under two suffixes.
  expect(keys?.split('=', 2)[0]).toBe('--ignore-certificate-errors-spki-list');
  expect(keys?.split(',')).toHaveLength(14);
});
