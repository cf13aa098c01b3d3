import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { start } from '../support/commands.ts';
import { engine, needsDocker } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { eventually } from '../support/raw.ts';

const script = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));
const patience = 600_000;

/** The demo in containers, of the images that the tests have. */
const startDemo = async (context: TestContext, ...args: readonly string[]) => {
  needsDocker(context, 'docker', 'docker-compose');
  const images = { POSTGRES_IMAGE: 'postgres', REDIS_IMAGE: 'redis', NODE_IMAGE: 'node' };
  const env = Object.fromEntries(Object.entries(images).map(([name, image]) => [name, `sidings-test/${image}`]));
  const certificates = await temporaryFolder();
  return start(process.execPath, [script, '--docker', ...args], {
    env: { ...process.env, ...env, SIDINGS_CERTS_DIR: certificates },
  });
};

/** Names of what the compose projects of the demo have. */
const belongings = async (): Promise<readonly string[]> => {
  const projects = ['project', 'project-2', 'project-3'];
  const lists = projects.map(async (project) => {
    const filters = { label: [`com.docker.compose.project=${project}`] };
    const containers = await engine().listContainers({ all: true, filters });
    const { Volumes: volumes } = await engine().listVolumes({ filters });
    const networks = await engine().listNetworks({ filters });
    return [
      ...containers.flatMap(({ Names }) => Names),
      ...(volumes ?? []).map(({ Name }) => Name),
      ...networks.map(({ Name }) => Name),
    ];
  });
  return (await Promise.all(lists)).flat();
};

const folderOf = (output: string): string => /three copies in (\S+)/.exec(output)?.[1] ?? '';

it('npm run demo -- --docker --check proves that the stacks of three copies are apart, and leaves nothing behind', {
  timeout: patience,
}, async (context) => {
  const demo = await startDemo(context, '--check');
  const { code, stdout, stderr } = await demo.ended;
  const lines = stdout.split('\n');
  const proved = lines.filter((line) => line.startsWith('proved  ')).map((line) => line.slice('proved  '.length));
  expect(proved.slice(6), stdout + stderr).toEqual([
    'the twelve containers have no port of this machine, and each copy has a network of its own',
    'a note written in project-2 is in project-2, and neither in project-3 nor in main',
    'the PostgreSQL of project-2, asked in its own container, holds that note; the two others do not, and are other servers',
    'an edit in project-2 reaches the hot-reload WebSocket of project-2 and no other',
    'the status API lists three live workstreams, all of whose services are up in containers',
    'with the API container of project-2 stopped, its address explains that with 502, and the others go on',
    'a server that is started in project-2 instead is reached at the same address, on the computed port',
    'the container wins when it is back, with its note',
    'compose down --volumes in project-3 removes what project-3 has, and nothing else',
  ]);
  expect(stdout).toContain('15 of 15 proofs hold.');
  expect(code, stderr).toBe(0);
  expect(existsSync(folderOf(stdout))).toBe(false);
  expect(await belongings()).toEqual([]);
});

it('a demo in containers that is ended while it starts leaves none of them', { timeout: patience }, async (context) => {
  const demo = await startDemo(context);
  await eventually(async () => (await belongings()).length > 5, 'the first containers', 300_000);
  demo.child.kill('SIGINT');
  const { code, stdout } = await demo.ended;
  expect(stdout).toContain('Ended by SIGINT.');
  expect(code).toBe(1);
  expect(existsSync(folderOf(stdout))).toBe(false);
  expect(await belongings()).toEqual([]);
});

it('says what to do where no engine answers', async () => {
  const env = { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const { code, stdout } = await start(process.execPath, [script, '--docker'], { env }).ended;
  expect(code).toBe(1);
  expect(stdout).toContain('The demo finds no Docker Engine: DOCKER_HOST=unix:///nowhere/docker.sock does not answer');
  expect(stdout).toContain('apt-get install docker.io');
  expect(stdout).toContain('npm run demo');
});
