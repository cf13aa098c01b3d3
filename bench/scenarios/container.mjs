// From the start of a container, as the engine dates it, until the hostname of its copy leads there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import Docker from 'dockerode';
import { openEngine } from '../../scripts/docker/engine.mjs';
import { ensureImages } from '../../scripts/docker/images.mjs';
import { end, freePort, median, until } from '../machine.mjs';
import { startSidings } from '../peers/sidings.mjs';

const host = 'extra-2.web.localhost';

const textOf = (port) =>
  new Promise((resolve) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve(text));
    }).on('error', () => resolve(undefined));
  });

/** One container that is started and killed; gives milliseconds for each start. */
const measure = async ({ docker, directory, port, rounds }) => {
  const container = await docker.createContainer({
    Image: 'sidings-test/busybox',
    Cmd: ['sh', '-c', 'mkdir /www; echo container >/www/index.html; exec httpd -f -p 8000 -h /www'],
    Labels: {
      'com.docker.compose.project': 'extra-2',
      'com.docker.compose.project.working_dir': directory,
      'com.docker.compose.service': 'web',
    },
    ExposedPorts: { '8000/tcp': {} },
  });
  const filters = { container: [container.id], event: ['start'] };
  const events = await docker.getEvents({ filters });
  try {
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
      const started = new Promise((resolve) => {
        events.once('data', (data) => resolve(JSON.parse(String(data)).timeNano / 1e6));
      });
      await container.start();
      await until(
        () => 'the container',
        async () => (await textOf(port)) === 'container\n',
      );
      times.push(performance.timeOrigin + performance.now() - (await started));
      await container.kill();
      await until(
        () => 'the container to be gone',
        async () => (await textOf(port)) !== 'container\n',
      );
    }
    return times;
  } finally {
    events.destroy();
    await container.remove({ force: true });
  }
};

/** Gives nothing where there is no engine. */
export const container = async ({ rounds }) => {
  const engine = await openEngine();
  if (engine.host === undefined) {
    process.stderr.write(`  left out: ${engine.failure}\n`);
    return [];
  }
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  try {
    await ensureImages(engine.host);
    const docker = new Docker({ socketPath: engine.host.replace(/^unix:\/\//, '') });
    const directory = `${folder}/extra-2`;
    mkdirSync(directory);
    const services = { web: { port: await freePort() } };
    writeFileSync(`${directory}/sidings.json`, JSON.stringify({ project: 'extra', services }));
    const { http, child } = await startSidings({ folder, port: await freePort(), docker: engine.host });
    try {
      return [
        ['container start to routed', median(await measure({ docker, directory, port: http.port, rounds })), 'ms'],
      ];
    } finally {
      await end(child);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    await engine.close();
  }
};
