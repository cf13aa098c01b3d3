import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { composeLabels, createContainer, needsDocker } from '../support/docker.ts';
import { belongingsOf, type ExampleCopies, openExampleCopies } from '../support/docker-copies.ts';
import { eventually } from '../support/raw.ts';

const full = ['compose', '-f', 'compose.yaml', '--profile', 'full'];

const namesIn = ({ project }: ExampleCopies) => [project, `${project}-2`, `${project}-3`] as const;

/** Counts of containers, volumes and networks. */
const sizes = async (project: string) => {
  const { containers, volumes, networks } = await belongingsOf(project);
  return [containers.length, volumes.length, networks.length];
};

/** The address of a container of a copy, as the proxy finds it. */
const addressOf = async (copy: string, service: string): Promise<string> => {
  const { containers } = await belongingsOf(copy);
  const found = containers.find(({ Labels }) => Labels['com.docker.compose.service'] === service);
  return Object.values(found?.NetworkSettings.Networks ?? {})[0]?.IPAddress ?? 'none';
};

const get = async (url: string, options: RequestInit = {}): Promise<Response> =>
  fetch(url, { signal: AbortSignal.timeout(5000), ...options });

const answers = (url: string, matches: (text: string) => boolean = () => true): Promise<boolean> =>
  get(url).then(
    async (response) => response.ok && matches(await response.text()),
    () => false,
  );

it('databases in containers: three copies at once, each with its own instance, volume and network', {
  timeout: 180_000,
}, async (context) => {
  needsDocker(context, 'docker', 'docker-compose', 'psql');
  const copies = await openExampleCopies([2, 3]);
  const [main, second, third] = namesIn(copies);
  await Promise.all([main, second, third].map((copy) => copies.must(copy, ['compose', 'up', '-d'])));
  for (const copy of [main, second, third]) {
    await copies.sql(copy, 'CREATE TABLE kept (text text)', `INSERT INTO kept VALUES ('${copy}')`);
    // From outside too, at the port of the copy.
    const url = (await copies.must(copy, ['db', 'url'])).trim();
    const query = 'SELECT text, current_database() FROM kept';
    const { stdout } = await promisify(execFile)('psql', ['-qAtX', '-c', query, url]);
    expect(stdout).toBe(`${copy}|${copy.replaceAll('-', '_')}\n`);
    expect(await sizes(copy)).toEqual([2, 2, 1]);
  }

  // A destructive migration.
  await copies.sql(second, 'DROP TABLE kept');
  await expect(copies.sql(second, 'SELECT * FROM kept')).rejects.toThrow('does not exist');
  expect(await copies.sql(main, 'SELECT text FROM kept')).toBe(`${main}\n`);
  expect(await copies.sql(third, 'SELECT text FROM kept')).toBe(`${third}\n`);

  await copies.must(second, ['compose', 'down', '-v']);
  expect(await sizes(second)).toEqual([0, 0, 0]);
  for (const copy of [main, third]) {
    expect(await sizes(copy)).toEqual([2, 2, 1]);
    expect(await copies.sql(copy, 'SELECT text FROM kept')).toBe(`${copy}\n`);
  }
});

it('everything in containers: three copies at once, without a port of the machine', {
  timeout: 300_000,
}, async (context) => {
  needsDocker(context, 'docker', 'docker-compose');
  const copies = await openExampleCopies([2, 3], { modules: true });
  const [main, second, third] = namesIn(copies);
  await Promise.all([main, second, third].map((copy) => copies.must(copy, [...full, 'up', '-d'])));
  const pages = new Map<string, string>();
  for (const copy of [main, second, third]) {
    const { containers } = await belongingsOf(copy);
    expect(containers).toHaveLength(4);
    expect(containers.flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort !== undefined))).toEqual([]);
    const page = `http://${await addressOf(copy, 'web')}:5173`;
    await eventually(() => answers(`${page}/api/healthz`, (text) => JSON.parse(text).name === copy), page, 120_000);
    const headers = { 'Content-Type': 'application/json' };
    await get(`${page}/api/notes`, { method: 'POST', headers, body: JSON.stringify({ text: `of ${copy}` }) });
    pages.set(copy, page);
  }
  const notes = async (copy: string): Promise<readonly string[]> =>
    ((await (await get(`${pages.get(copy)}/api/notes`)).json()) as { text: string }[]).map(({ text }) => text);
  for (const copy of [main, second, third]) expect(await notes(copy)).toEqual([`of ${copy}`]);

  // A change of the code is seen, of the server and of the page.
  const app = copies.path(third, 'api/app.js');
  await writeFile(app, (await readFile(app, 'utf8')).replace("status: 'ok'", "status: 'changed'"));
  await eventually(
    () => answers(`${pages.get(third)}/api/healthz`, (text) => text.includes('changed')),
    'the server',
    60_000,
  );
  await writeFile(copies.path(third, 'web/main.js'), '/* changed */', { flag: 'a' });
  await eventually(
    () => answers(`${pages.get(third)}/main.js`, (text) => text.includes('/* changed */')),
    'the page',
    60_000,
  );

  await copies.sql(second, 'DROP TABLE notes');
  expect((await get(`${pages.get(second)}/api/notes`)).status).toBe(500);
  expect(await notes(main)).toEqual([`of ${main}`]);
  expect(await notes(third)).toEqual([`of ${third}`]);
  await copies.must(second, [...full, 'down', '-v']);
  expect(await sizes(second)).toEqual([0, 0, 0]);
  expect(await sizes(third)).toEqual([4, 2, 1]);

  // The other way has the same data.
  await copies.must(third, ['compose', 'up', '-d']);
  expect(await copies.sql(third, 'SELECT text FROM notes')).toBe(`of ${third}\n`);
});

it('refuses where containers of its project belong to another folder, and says whose they are', async (context) => {
  needsDocker(context, 'docker', 'docker-compose');
  const copies = await openExampleCopies([2, 3]);
  const [, second, third] = namesIn(copies);
  const container = await createContainer({
    command: ['sleep', '1000'],
    labels: composeLabels(copies.path(second), 'postgres', third),
  });
  const { Name } = await container.inspect();
  const message = `Containers of the compose project ${third} were started in ${copies.path(second)}, which is ${second}: ${Name.slice(1)}.`;
  for (const args of [['compose', 'down', '-v'], ['check']]) {
    const { code, stderr } = await copies.stackEnv(third, args);
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(message) });
  }
  await container.inspect();

  // Seen from the folder where they are: as another copy's project.
  const there = await copies.stackEnv(second, ['compose', 'ps']);
  expect(there.code).toBe(3);
  expect(there.stderr).toContain(`were started in ${copies.path(second)}, but that is the project of ${third}`);
});

it('knows the copy in a folder below it, and passes everything on', async (context) => {
  needsDocker(context, 'docker', 'docker-compose');
  const copies = await openExampleCopies([3]);
  const copy = `${copies.project}-3`;
  await mkdir(copies.path(copy, 'deep/er'), { recursive: true });
  await writeFile(copies.path(copy, 'deep/compose.yaml'), 'services: { other: { image: other } }');
  const below = `${copy}/deep/er`;
  const services = (await copies.must(below, ['compose', 'config', '--services'])).split('\n');
  expect(services).toContain('postgres');
  expect(services).not.toContain('other');
  const config = await copies.must(below, ['compose', '-f', 'compose.yaml', '--profile', 'full', 'config']);
  expect(config).toContain(`${copies.path(copy)}:/app:ro`);
  expect(config).not.toContain('published');
  const failed = await copies.stackEnv(below, ['compose', 'exec', '-T', 'postgres', 'true']);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
});
