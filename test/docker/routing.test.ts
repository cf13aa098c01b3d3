import { expect, it } from 'vitest';
import { startService } from '../support/commands.ts';
import {
  answering,
  composeLabels,
  createContainer,
  engine,
  execIn,
  needsDocker,
  startContainer,
} from '../support/docker.ts';
import { startWatching } from '../support/docker-sidings.ts';
import { eventually } from '../support/raw.ts';

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;

it('routes to a container of a copy as soon as it is started, and to the computed port when it is not', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const directory = sidings.directory('project-3');
  await startService(directory, sidings.portOf('project-3', 'api'), 'computed');
  expect((await sidings.get('project-3.api.localhost')).text).toBe('computed');

  const labels = composeLabels(directory, 'api', 'project-3');
  const container = await createContainer({ command: answering(8000, 'container'), labels, exposed: [8000] });
  const events = (await engine().getEvents({
    filters: { container: [container.id], event: ['start'] },
  })) as NodeJS.ReadableStream & {
    destroy: () => void;
  };
  const times: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const started = new Promise<number>((resolve) => {
      events.once('data', (data) => resolve(JSON.parse(String(data)).timeNano / 1e6));
    });
    await container.start();
    await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'container', 'the container');
    times.push(performance.timeOrigin + performance.now() - (await started));
    await container.kill();
    await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'computed', 'the fallback');
  }
  events.destroy();
  process.stdout.write(
    `routed after the start event: median ${median(times).toFixed(0)} ms of ${times.map((time) => time.toFixed(0)).join(', ')}\n`,
  );
  expect(median(times)).toBeLessThan(2000);
});

it('says where a service runs, and why its container does not answer', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const labels = composeLabels(sidings.directory('project-3'), 'web', 'project-3');
  const command = ['sh', '-c', 'echo ready to serve; exec sleep 1000'];
  const container = await startContainer({ command, labels, exposed: [5173] });
  await eventually(async () => (await sidings.service('project-3', 'web'))?.provider === 'docker', 'the container');
  const { NetworkSettings, Name } = await container.inspect();
  expect(await sidings.service('project-3', 'web')).toMatchObject({
    provider: 'docker',
    container: Name.slice(1),
    state: 'down',
    upstream: `${NetworkSettings.Networks.bridge?.IPAddress}:5173`,
    default: true,
  });
  const refused = await sidings.get('project-3.localhost');
  expect(refused.status).toBe(502);
  expect(JSON.parse(refused.text)).toMatchObject({
    code: 'upstream-refused',
    diagnosis: { container: expect.stringMatching(/: Up /), logTail: ['ready to serve'] },
  });

  await container.kill();
  await eventually(async () => (await sidings.service('project-3', 'web'))?.provider === 'directory', 'the fallback');
  const read = async () => (await sidings.get('project-3.localhost', { accept: 'text/html' })).text;
  await eventually(async () => (await read()).includes('Exited (137)'), 'its exit code');
  expect(await read()).toContain('stack-env compose up -d web');
});

it('sees that something in a running container begins to listen', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const labels = composeLabels(sidings.directory('project-2'), 'api', 'project-2');
  const container = await startContainer({ command: ['sleep', '1000'], labels, exposed: [80] });
  await eventually(async () => (await sidings.service('project-2', 'api'))?.state === 'down', 'the container');
  await execIn(container, ['sh', '-c', 'mkdir /www; echo late >/www/index.html; httpd -p 80 -h /www']);
  await eventually(async () => (await sidings.service('project-2', 'api'))?.state === 'up', 'the server in it');
  expect((await sidings.get('project-2.api.localhost')).text).toBe('late\n');
});

it('loses no request while one container takes over from another', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const labels = composeLabels(sidings.directory('project-3'), 'api', 'project-3');
  const start = (text: string) => startContainer({ command: answering(80, text), labels, exposed: [80] });
  const old = await start('old');
  await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'old', 'the old container');
  const answers: string[] = [];
  let goesOn = true;
  const asking = (async () => {
    while (goesOn) answers.push((await sidings.get('project-3.api.localhost')).text);
  })();
  await start('new');
  await eventually(() => answers.at(-1) === 'new', 'the new container');
  await old.remove({ force: true });
  const count = answers.length;
  await eventually(() => answers.length > count + 20, 'more answers');
  goesOn = false;
  await asking;
  expect([...new Set(answers)]).toEqual(['old', 'new']);
});

it('follows a container that is recreated with another address', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const labels = composeLabels(sidings.directory('project-3'), 'api', 'project-3');
  const first = await startContainer({ command: answering(80, 'first'), labels, exposed: [80] });
  await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'first', 'the first container');
  const before = (await sidings.service('project-3', 'api'))?.upstream;
  await first.remove({ force: true });
  // Takes the address that has become free.
  await startContainer({ command: ['sleep', '1000'] });
  await startContainer({ command: answering(80, 'second'), labels, exposed: [80] });
  await eventually(
    async () => (await sidings.get('project-3.api.localhost')).text === 'second',
    'the second container',
  );
  for (let count = 0; count < 20; count += 1) {
    expect((await sidings.get('project-3.api.localhost')).text).toBe('second');
  }
  expect((await sidings.service('project-3', 'api'))?.upstream).not.toBe(before);
});

it('leads to the first of several containers of a service, and to the others by their numbers', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const containers = await Promise.all(
    [1, 2, 3].map((number) => {
      const labels = composeLabels(sidings.directory('project-3'), 'web', 'project-3', number);
      return startContainer({ command: answering(80, `number ${number}`), labels, exposed: [80] });
    }),
  );
  for (const [hostname, text] of [
    ['project-3.web.localhost', 'number 1'],
    ['project-3.localhost', 'number 1'],
    ['project-3.web-2.localhost', 'number 2'],
    ['web-3.project-3.localhost', 'number 3'],
  ] as const) {
    await eventually(async () => (await sidings.get(hostname)).text === text, hostname);
  }
  await containers[0]?.kill();
  await eventually(async () => (await sidings.get('project-3.web.localhost')).text === 'number 2', 'the next one');
  expect((await sidings.get('project-3.web-3.localhost')).text).toBe('number 3');
});

it('answers 503 with Retry-After until the health check of a container passes', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const labels = composeLabels(sidings.directory('project-3'), 'api', 'project-3');
  const container = await startContainer({
    command: answering(80, 'healthy'),
    labels,
    exposed: [80],
    health: { Test: ['CMD', 'test', '-f', '/tmp/ready'], Interval: 200e6, Timeout: 5e9, Retries: 1000 },
  });
  await eventually(async () => (await sidings.service('project-3', 'api'))?.state === 'starting', 'the container');
  const starting = await sidings.get('project-3.api.localhost');
  expect([starting.status, starting.headers['retry-after']]).toEqual([503, '1']);
  expect(JSON.parse(starting.text).code).toBe('upstream-starting');
  await execIn(container, ['touch', '/tmp/ready']);
  await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'healthy', 'the health check');
  expect((await sidings.service('project-3', 'api'))?.state).toBe('up');
});

it('reaches a container that only a published port leads to, on loopback', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  // A network that this machine has no address in.
  const network = await engine().createNetwork({ Name: `far-${process.pid}`, Driver: 'bridge' });
  context.onTestFinished(async () => {
    await network.remove();
  });
  const labels = composeLabels(sidings.directory('project-3'), 'postgres', 'project-3');
  await startContainer({ image: 'redis', labels, published: [6379], network: `far-${process.pid}` });
  await eventually(async () => (await sidings.service('project-3', 'postgres'))?.kind === 'tcp', 'the container');
  expect((await sidings.service('project-3', 'postgres'))?.upstream).toMatch(/^127\.0\.0\.1:\d+$/);
});

it('understands what containers outside ask for, and gives them no name of a copy', async (context) => {
  needsDocker(context);
  const sidings = await startWatching();
  const outside = (text: string, labels: Record<string, string>, env: Record<string, string> = {}) =>
    startContainer({ command: answering(80, text), labels, env, exposed: [80] });
  await Promise.all([
    outside('ours', { 'sidings.host': 'ours.localhost', 'com.docker.compose.project': 'tools' }),
    outside('nginx', {}, { VIRTUAL_HOST: 'nginx.localhost,www.nginx.localhost', VIRTUAL_PORT: '80' }),
    outside('traefik', {
      'traefik.enable': 'true',
      'traefik.http.routers.x.rule': 'Host(`t1.localhost`) || Host(`t2.localhost`)',
      'traefik.http.services.x.loadbalancer.server.port': '80',
    }),
    outside('evil', { 'sidings.host': 'project-3.api.localhost,x.project-3.localhost,localhost,evil.localhost' }),
    outside('silent', {}),
    outside('mixed', composeLabels(sidings.directory('project-2'), 'api', 'project-3')),
  ]);
  for (const [hostname, text] of [
    ['ours.localhost', 'ours'],
    ['nginx.localhost', 'nginx'],
    ['www.nginx.localhost', 'nginx'],
    ['t1.localhost', 'traefik'],
    ['t2.localhost', 'traefik'],
    ['evil.localhost', 'evil'],
  ] as const) {
    await eventually(async () => (await sidings.get(hostname)).text === text, hostname);
  }
  expect(JSON.parse((await sidings.get('project-3.api.localhost')).text).code).toBe('upstream-refused');
  expect(JSON.parse((await sidings.get('x.project-3.localhost')).text).code).toBe('hostname-unknown');
  expect((await sidings.get('localhost')).text).toContain('Sidings');
  await eventually(
    async () => (await sidings.workstream('project-2'))?.problems[0]?.code === 'container-project-mismatch',
    'the disagreement',
  );
  const { workstreams } = await sidings.state();
  expect(
    workstreams.flatMap(({ services }) => services).filter(({ container }) => container !== undefined),
  ).toHaveLength(4);
  expect(workstreams.find(({ name }) => name === 'project-3')?.problems).toEqual([]);
});
