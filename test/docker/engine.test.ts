import { expect, it } from 'vitest';
import {
  cleanProject,
  compose,
  createContainer,
  engine,
  execIn,
  needsDocker,
  startContainer,
} from '../support/docker.ts';
import { temporaryFolder, write } from '../support/folder.ts';
import { eventually } from '../support/raw.ts';

it('runs the database image as the official one is run', async (context) => {
  needsDocker(context);
  const env = { POSTGRES_USER: 'notes', POSTGRES_PASSWORD: 'a b', POSTGRES_DB: 'my-notes' };
  const container = await startContainer({ image: 'postgres', env });
  const psql = (...more: string[]) => {
    const args = ['psql', '-h', '127.0.0.1', '-U', 'notes', '-d', 'my-notes', '-At', ...more];
    return execIn(container, ['env', 'PGPASSWORD=a b', ...args]);
  };
  await eventually(
    () =>
      psql('-c', 'SELECT 1').then(
        () => true,
        () => false,
      ),
    'the database',
    20_000,
  );
  expect(await psql('-c', 'SELECT current_database()')).toBe('my-notes\n');
  await psql('-c', 'CREATE TABLE kept (id int)', '-c', 'INSERT INTO kept VALUES (7)');
  // Its data outlives it, and its settings are those of the first start.
  await container.restart();
  await eventually(
    () =>
      psql('-c', 'SELECT id FROM kept').then(
        (id) => id === '7\n',
        () => false,
      ),
    'the data',
    20_000,
  );
  expect(await execIn(container, ['pg_dump', '-U', 'notes', 'my-notes'])).toContain('CREATE TABLE public.kept');
});

it('refuses a database that has no password', async (context) => {
  needsDocker(context);
  const container = await createContainer({ image: 'postgres' });
  await container.start();
  await container.wait();
  expect(String(await container.logs({ stdout: true, stderr: true }))).toContain('POSTGRES_PASSWORD is empty');
});

it('answers from Redis and from Node', async (context) => {
  needsDocker(context);
  const redis = await startContainer({ image: 'redis' });
  await eventually(
    () =>
      execIn(redis, ['redis-cli', 'ping']).then(
        (text) => text === 'PONG\n',
        () => false,
      ),
    'Redis',
  );
  const node = await startContainer({ image: 'node', command: ['node', '-e', 'setInterval(() => {}, 1000)'] });
  expect(await execIn(node, ['node', '-p', 'process.version'])).toBe(`${process.version}\n`);
});

it('brings a compose project up and removes all of it', async (context) => {
  needsDocker(context, 'docker-compose');
  const folder = await temporaryFolder();
  const project = `engine-${process.pid}`;
  cleanProject(project);
  const service = { image: 'sidings-test/busybox', command: 'sleep 1000', init: true, volumes: ['kept:/kept'] };
  const file = { version: '3.7', services: { web: service }, volumes: { kept: {} } };
  await write(`${folder}/docker-compose.yml`, JSON.stringify(file));
  await compose(folder, ['-p', project, 'up', '-d']);
  const filters = { label: [`com.docker.compose.project=${project}`] };
  const [container] = await engine().listContainers({ filters });
  expect(container?.Labels['com.docker.compose.project.working_dir']).toBe(folder);
});
