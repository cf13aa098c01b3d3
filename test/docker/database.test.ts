import { expect, it } from 'vitest';
import { composeLabels, createContainer, execIn, needsDocker, startContainer } from '../support/docker.ts';
import { type ExampleCopies, openExampleCopies } from '../support/docker-copies.ts';
import { eventually } from '../support/raw.ts';

const limits = { timeout: 240_000 };

/** Two copies whose databases run, each with a row of its own. */
const openDatabases = async (options: Parameters<typeof openExampleCopies>[1] = {}) => {
  const copies = await openExampleCopies([3], options);
  const [main, third] = [copies.project, `${copies.project}-3`];
  for (const copy of [main, third]) {
    await copies.must(copy, ['compose', 'up', '-d', 'postgres']);
    await copies.sql(copy, 'CREATE TABLE kept (text text)', `INSERT INTO kept VALUES ('${copy}')`);
  }
  return { copies, main, third };
};

const kept = (copies: ExampleCopies, copy: string) => copies.sql(copy, 'SELECT text FROM kept');
const databasesOf = (copies: ExampleCopies, copy: string) =>
  copies.sql(copy, 'SELECT datname FROM pg_database ORDER BY datname');

it(
  'clones the data of main into a copy, whatever its database is called and whoever is connected',
  limits,
  async (context) => {
    needsDocker(context, 'docker', 'docker-compose');
    const { copies, main, third } = await openDatabases({ database: `we"ird'; -- $(x) \\ ${'é'.repeat(4)}` });
    const before = await databasesOf(copies, third);
    await copies.sql(main, 'CREATE TABLE more AS SELECT generate_series(1, 1000) AS id', 'CREATE INDEX ON more (id)');
    const connected = copies.start(third, ['db', 'shell', '--', '-c', 'SELECT pg_sleep(1000)']);
    const sessions = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    await eventually(async () => (await copies.sql(third, sessions)) === '1\n', 'the session', 60_000);

    const { code, stdout, stderr } = await copies.stackEnv(third, ['db', 'clone', '--from', 'main']);
    // Without a terminal it says every few seconds how far it is.
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^(?:.* kB, [\d.]+ s\n)*$/) });
    expect(stdout).toMatch(new RegExp(`of ${third} has the data of ${main} now: [\\d.]+ kB in [\\d.]+ s\\.\\n$`));
    expect(await kept(copies, third)).toBe(`${main}\n`);
    expect(await copies.sql(third, 'SELECT count(*) FROM more')).toBe('1000\n');
    expect(await databasesOf(copies, third)).toBe(before);
    expect((await connected.ended).code).not.toBe(0);

    // They stay apart, and the other way round asks first: the data of main is nobody else's.
    await copies.sql(third, `INSERT INTO kept VALUES ('only here')`);
    expect(await kept(copies, main)).toBe(`${main}\n`);
    const refused = await copies.stackEnv(main, ['db', 'clone', '--from', third]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('would be lost, and nobody is here') });
    const cloned = await copies.stackEnv(main, ['db', 'clone', '--from', third, '--yes', '--json']);
    expect(JSON.parse(cloned.stdout)).toMatchObject({ name: main, from: third, bytes: expect.any(Number) });
    expect(await kept(copies, main)).toBe(`${main}\nonly here\n`);
  },
);

it('loses nothing when a clone fails or is interrupted', limits, async (context) => {
  needsDocker(context, 'docker', 'docker-compose');
  const { copies, main, third } = await openDatabases();
  const before = await databasesOf(copies, third);
  // The instance of the copy has no such role.
  await copies.sql(main, 'CREATE ROLE stranger', 'ALTER TABLE kept OWNER TO stranger');
  const failed = await copies.stackEnv(third, ['db', 'clone', '--from', main]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/pg_restore in the container .* failed: .*role "stranger" does not exist/);
  expect(await kept(copies, third)).toBe(`${third}\n`);
  expect(await databasesOf(copies, third)).toBe(before);

  await copies.sql(
    main,
    'ALTER TABLE kept OWNER TO postgres',
    'CREATE TABLE big AS SELECT repeat(md5(g::text), 100) FROM generate_series(1, 60000) g',
  );
  const interrupted = copies.start(third, ['db', 'clone', '--from', main]);
  await eventually(async () => (await databasesOf(copies, third)).includes('sidings_new'), 'the new one', 60_000);
  interrupted.child.kill('SIGTERM');
  expect(await interrupted.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted') });
  expect(await kept(copies, third)).toBe(`${third}\n`);
  expect(await databasesOf(copies, third)).toBe(before);
});

it('reset makes empty what is this copy’s own, when that is meant', limits, async (context) => {
  needsDocker(context, 'docker', 'docker-compose');
  const { copies, main, third } = await openDatabases();
  expect(await copies.stackEnv(third, ['db', 'reset'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('If that is meant, add --yes.'),
  });
  expect(await kept(copies, third)).toBe(`${third}\n`);
  await copies.must(third, ['db', 'reset', '--yes']);
  await expect(kept(copies, third)).rejects.toThrow('does not exist');
  expect(await kept(copies, main)).toBe(`${main}\n`);

  await copies.must(third, ['compose', 'stop', 'postgres']);
  expect(await copies.stackEnv(third, ['db', 'reset', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is not running: the container .* has stopped/),
  });
});

it('touches no instance that is not this copy’s own', limits, async (context) => {
  needsDocker(context, 'docker', 'docker-compose');
  const copies = await openExampleCopies([2, 3]);
  const [second, third] = [`${copies.project}-2`, `${copies.project}-3`];
  const url = (await copies.must(third, ['db', 'url'])).trim();
  const port = Number(new URL(url).port);
  const database = decodeURIComponent(new URL(url).pathname.slice(1));
  // Named as that of this copy, on its port, and started elsewhere.
  const container = await startContainer({
    image: 'postgres',
    labels: composeLabels(copies.path(second), 'postgres', third),
    env: { POSTGRES_PASSWORD: 'postgres', POSTGRES_DB: database },
    more: { PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
  });
  const psql = (statement: string) =>
    execIn(container, ['psql', '-h', '127.0.0.1', '-U', 'postgres', '-d', database, '-qAt', '-c', statement]);
  await eventually(
    () =>
      psql('CREATE TABLE kept AS SELECT 1 AS id').then(
        () => true,
        () => false,
      ),
    'it',
    60_000,
  );
  for (const args of [
    ['reset', '--yes'],
    ['clone', '--from', second],
    ['shell', '--', '-c', 'DROP TABLE kept'],
  ]) {
    const { code, stderr } = await copies.stackEnv(third, ['db', ...args]);
    expect(code).not.toBe(0);
    if (args[0] === 'clone') continue; // what it is to read from is not running
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`of the compose project ${third} was started in ${copies.path(second)}`),
    });
  }
  expect(await psql('SELECT id FROM kept')).toBe('1\n');
  await container.remove({ force: true, v: true });

  // Without labels of this copy it is only somebody who holds the port.
  const other = await createContainer({
    image: 'postgres',
    env: { POSTGRES_PASSWORD: 'postgres', POSTGRES_DB: database },
    more: { PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
  });
  await other.start();
  const { code, stderr } = await copies.stackEnv(third, ['db', 'reset', '--yes']);
  expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(`port ${port} is held by`) });
});
