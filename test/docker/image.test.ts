import { chmod } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { expect, it, onTestFinished } from 'vitest';
import type { State } from '../../src/model/workstream.ts';
import { ask } from '../support/commands.ts';
import { makeCopy } from '../support/copies.ts';
import { answering, cleanProject, compose, engine, engineSocket, execIn, needsDocker } from '../support/docker.ts';
import { buildHaproxy, buildNodeWithNpm } from '../support/docker-images.ts';
import { temporaryFolder, write } from '../support/folder.ts';
import { nextBase } from '../support/project-copies.ts';
import { eventually } from '../support/raw.ts';

const example = (file: string): string => fileURLToPath(new URL(`../../examples/container/${file}`, import.meta.url));
const patience = 900_000;

/** Calls the engine from inside the container of sidings, by the socket that it has there; gives the status. */
const askInside = async (container: Docker.Container, method: string, path: string): Promise<number> => {
  const program = `require('node:http').request({ socketPath: '/run/engine/docker.sock', method: '${method}', path: '${path}' },
    (response) => process.exit(console.log(response.statusCode))).end()`;
  return Number(await execIn(container, ['node', '-e', program]));
};

it('the image that the Dockerfile describes serves the stacks of copies, asks the engine only what it may, and keeps its root', {
  timeout: patience,
}, async (context) => {
  needsDocker(context, 'docker-compose', 'haproxy', 'npm', 'tar');
  const [nodeImage, haproxyImage] = await Promise.all([buildNodeWithNpm(), buildHaproxy()]);

  // Three copies; the second one runs in containers, the third one on the machine.
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const project = `image-${process.pid}`;
  const base = nextBase();
  const services = { api: { port: base, containerPort: 8000, default: true } };
  const [, second = ''] = await Promise.all(
    [project, `${project}-2`, `${project}-3`].map((name) => makeCopy(`${folder}/${name}`, { project, services })),
  );
  cleanProject(`${project}-2`);
  const api = {
    image: 'sidings-test/busybox',
    command: answering(8000, 'from a container'),
    init: true,
    expose: ['8000'],
  };
  await write(`${second}/compose.yaml`, JSON.stringify({ services: { api } }));
  await compose(second, ['-f', 'compose.yaml', '-p', `${project}-2`, 'up', '-d']);

  const own = `${project}-sidings`;
  cleanProject(own);
  const httpPort = nextBase();
  const httpsPort = httpPort + 1;
  const env = {
    SIDINGS_IMAGE: 'sidings-test/sidings',
    NODE_IMAGE: nodeImage,
    HAPROXY_IMAGE: haproxyImage,
    SIDINGS_ROOT: folder,
    SIDINGS_HTTP_PORT: String(httpPort),
    SIDINGS_HTTPS_PORT: String(httpsPort),
    DOCKER_SOCKET: engineSocket,
  };
  // Not every engine of tests may route its builds out of the machine.
  await write(`${folder}/build.yaml`, JSON.stringify({ services: { sidings: { build: { network: 'host' } } } }));
  const files = [example('published-ports.yaml'), example('socket-proxy.yaml'), `${folder}/build.yaml`];
  const sidings = (...args: string[]) =>
    compose(folder, [...files.flatMap((file) => ['-f', file]), '-p', own, ...args], env);
  await sidings('build', 'sidings');
  await sidings('up', '-d', '--no-build');

  const docker = engine();
  const containerOf = async (): Promise<Docker.Container> => {
    const label = [`com.docker.compose.project=${own}`, 'com.docker.compose.service=sidings'];
    const [found] = await docker.listContainers({ all: true, filters: { label } });
    return docker.getContainer(found?.Id ?? '');
  };
  const healthy = async (): Promise<boolean> =>
    (await (await containerOf()).inspect()).State.Health?.Status === 'healthy';
  await eventually(healthy, 'its health', 120_000);
  const container = await containerOf();
  expect(await execIn(container, ['id', '-u'])).toBe('1000\n');

  // Nothing of the stack is published, so the proxy has to be in its network.
  const network = docker.getNetwork(`${project}-2_default`);
  await network.connect({ Container: container.id });
  const get = (name: string) => ask(httpPort, `${name}.api.localhost`);
  const textOf = async (name: string): Promise<string> => (await get(name)).text;
  await eventually(async () => (await textOf(`${project}-2`)) === 'from a container', 'the stack', 30_000);

  // What only the machine can reach is found where the container finds the machine.
  const server = createServer((_request, response) => response.end('from the machine'));
  const { IPAM: addresses } = await docker.getNetwork('bridge').inspect();
  const gateway = addresses?.Config?.[0]?.Gateway;
  await new Promise<void>((resolve) => server.listen(base + 3, gateway, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await eventually(async () => (await textOf(`${project}-3`)) === 'from the machine', 'the server', 30_000);
  expect((await get(project)).status).toBe(502);

  const state = async (): Promise<State> =>
    JSON.parse((await ask(httpPort, 'localhost', '/api/workstreams')).text) as State;
  const firstServices = async () =>
    Object.fromEntries((await state()).workstreams.map(({ name, services: all }) => [name, all[0]]));
  // A request is sent at once; that something listens is seen by the next probe, which is seconds away where the last one got no answer.
  await eventually(
    async () => (await firstServices())[`${project}-2`]?.state === 'up',
    'the container to be seen',
    30_000,
  );
  expect((await state()).problems).toEqual([]);
  expect(await firstServices()).toMatchObject({
    [`${project}-2`]: { provider: 'docker', state: 'up', url: `https://${project}-2.api.localhost:${httpsPort}` },
    [`${project}-3`]: { provider: 'directory', localUrl: `http://localhost:${base + 3}` },
  });

  // The engine says no to everything else.
  const id = container.id;
  for (const [method, path, status] of [
    ['GET', '/containers/json', 200],
    ['GET', `/containers/${id}/json`, 200],
    ['GET', `/containers/${id}/logs?stdout=1&tail=1`, 200],
    ['GET', '/images/json', 403],
    ['GET', `/containers/${id}/archive?path=/certs`, 403],
    ['GET', `/containers/${id}/../json`, 403],
    ['POST', '/containers/create', 403],
    ['POST', `/containers/${id}/stop`, 403],
    ['DELETE', `/containers/${id}`, 403],
  ] as const)
    expect([method, path, await askInside(container, method, path)]).toEqual([method, path, status]);

  // A new container has the root of the old one, and TLS that it vouches for.
  const root = await execIn(container, ['cat', '/certs/root.pem']);
  await sidings('up', '-d', '--no-build', '--force-recreate', 'sidings');
  await eventually(healthy, 'its health', 120_000);
  const recreated = await containerOf();
  expect(recreated.id).not.toBe(container.id);
  expect(await execIn(recreated, ['cat', '/certs/root.pem'])).toBe(root);
  const servername = `${project}-3.api.localhost`;
  const secure = await new Promise<string>((resolve, reject) => {
    const headers = { host: `${servername}:${httpsPort}` };
    request({ host: '127.0.0.1', port: httpsPort, servername, ca: root, headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    })
      .on('error', reject)
      .end();
  });
  expect(secure).toBe('from the machine');

  // The signal reaches Node, which ends in peace.
  await recreated.stop({ t: 15 });
  expect((await recreated.inspect()).State.ExitCode).toBe(0);
});
