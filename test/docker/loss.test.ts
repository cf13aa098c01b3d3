import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { start, startService } from '../support/commands.ts';
import { answering, composeLabels, engine, engineSocket, needsDocker, startContainer } from '../support/docker.ts';
import { startWatching } from '../support/docker-sidings.ts';
import { temporaryFolder } from '../support/folder.ts';
import { eventually } from '../support/raw.ts';
import { cuttableWay } from '../support/stand-in-engine.ts';

it('goes on when the way to the engine is cut, sees afterwards what happened meanwhile, and only ever reads', async (context) => {
  needsDocker(context);
  const socket = `${await temporaryFolder()}/docker.sock`;
  const way = await cuttableWay(socket, engineSocket);
  const sidings = await startWatching(undefined, socket);
  const labels = (name: string) => composeLabels(sidings.directory(name), 'api', name);
  const first = await startContainer({ command: answering(80, 'first'), labels: labels('project-2'), exposed: [80] });
  await eventually(async () => (await sidings.get('project-2.api.localhost')).text === 'first', 'the container');

  way.cut();
  await startContainer({ command: answering(80, 'meanwhile'), labels: labels('project-3'), exposed: [80] });
  for (let count = 0; count < 20; count += 1) {
    expect((await sidings.get('project-2.api.localhost')).text).toBe('first');
  }
  way.mend();
  const mended = performance.now();
  await eventually(async () => (await sidings.get('project-3.api.localhost')).text === 'meanwhile', 'the other one');
  process.stdout.write(`caught up ${(performance.now() - mended).toFixed(0)} ms after the way was open again\n`);
  await first.kill();
  await eventually(async () => (await sidings.service('project-2', 'api'))?.provider === 'directory', 'its end');

  // A page that explains reads the log of the container.
  await sidings.get('project-2.api.localhost');
  const calls = new Set(way.asked.map((line) => line.replace(/[0-9a-f]{64}/, 'ID').replace(/\?.*/, '')));
  expect([...calls].sort()).toEqual([
    'GET /_ping',
    'GET /containers/ID/json',
    'GET /containers/ID/logs',
    'GET /containers/json',
    'GET /events',
  ]);
});

/** An engine that is for one test, so that it can be killed; on a bridge of its own. */
const ownEngine = async (folder: string) => {
  const socket = `${folder}/docker.sock`;
  const bridge = `sidings-${process.pid}`;
  const run = async (command: string, ...args: string[]) => {
    await once(spawn(command, args, { stdio: 'ignore' }), 'close');
  };
  const ip = (...args: string[]) => run('ip', ...args);
  // An engine whose containers may outlive it leaves its folder mounted.
  onTestFinished(() => run('umount', `${folder}/data`));
  await ip('link', 'add', 'name', bridge, 'type', 'bridge');
  onTestFinished(() => ip('link', 'delete', bridge));
  await ip('address', 'add', '10.215.0.1/24', 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  await writeFile(`${folder}/daemon.json`, '{}');
  const options = {
    'data-root': `${folder}/data`,
    'exec-root': `${folder}/exec`,
    pidfile: `${folder}/docker.pid`,
    host: `unix://${socket}`,
    bridge,
    iptables: 'false',
    ip6tables: 'false',
    'config-file': `${folder}/daemon.json`,
    // Containers go on without it.
    'live-restore': 'true',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const begin = async () => {
    const daemon = start('dockerd', args, { cwd: folder }, () => {});
    await eventually(
      () =>
        engine(socket)
          .ping()
          .then(
            () => true,
            () => false,
          ),
      'an engine for this test',
      30_000,
    );
    return daemon;
  };
  /** Ends it as one does that is asked to, so that nothing of it is left. */
  const end = async (daemon: Awaited<ReturnType<typeof begin>>) => {
    daemon.child.kill('SIGTERM');
    await daemon.ended;
  };
  return { socket, begin, end };
};

it('serves containers that outlive their engine, and follows it when it is back', async (context) => {
  needsDocker(context, 'dockerd', 'ip');
  if (process.getuid?.() !== 0) context.skip('only root can start an engine');
  const folder = await temporaryFolder();
  await mkdir(`${folder}/engine`);
  const { socket, begin, end } = await ownEngine(`${folder}/engine`);
  let daemon = await begin();
  onTestFinished(() => end(daemon));
  const own = engine(socket);
  const load = await own.loadImage(await engine().getImage('sidings-test/busybox').get());
  for await (const _ of load);

  const sidings = await startWatching(['project', 'project-3'], socket);
  const directory = sidings.directory('project-3');
  await startService(directory, sidings.portOf('project-3', 'api'), 'computed');
  const labels = composeLabels(directory, 'api', 'project-3');
  const container = await startContainer({ command: answering(80, 'container'), labels, exposed: [80] }, own);
  const answer = async () => (await sidings.get('project-3.api.localhost')).text;
  await eventually(async () => (await answer()) === 'container', 'the container');

  await end(daemon);
  for (let count = 0; count < 20; count += 1) expect(await answer()).toBe('container');
  daemon = await begin();
  const back = performance.now();
  await container.kill();
  await eventually(async () => (await answer()) === 'computed', 'the fallback');
  await container.start();
  await eventually(async () => (await answer()) === 'container', 'the container');
  process.stdout.write(
    `stopped, started and routed ${(performance.now() - back).toFixed(0)} ms after the engine was back\n`,
  );
  expect(sidings.messages).toEqual([]);
});
