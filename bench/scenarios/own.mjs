// Scenarios about Sidings alone. Each gives a list of `[what, figure, unit]`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, end, freePort, median, residentOf, until } from '../machine.mjs';
import { startSidings } from '../peers/sidings.mjs';
import { container } from './container.mjs';
import { firstVisit } from './first-visit.mjs';
import { page } from './page.mjs';
import { startup } from './startup.mjs';
import { idle } from './websocket.mjs';

const inFolder = async (measure) => {
  const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

/** The status of an answer; undefined where there is none. */
const ask = (port, host, path = '/') =>
  new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', () => resolve(undefined));
  });

/** From the start of the process to the first answer of the copy's own service. */
const coldStart = ({ rounds, upstream }) =>
  inFolder(async (folder) => {
    const times = [];
    // The first one makes the root certificate.
    for (let round = 0; round <= rounds; round += 1) {
      const begun = performance.now();
      const { http, child } = await startSidings({ folder, port: upstream.port });
      await until(
        () => 'the first answer',
        async () => (await ask(http.port, 'project.web.localhost', '/small')) === 200,
      );
      times.push(performance.now() - begun);
      await end(child);
    }
    const [first, ...later] = times;
    return [
      ['cold start to first answer, root certificate made', first, 'ms'],
      ['cold start to first answer', median(later), 'ms'],
    ];
  });

/** Memory: idle, and with thousands of WebSockets on which nothing happens. */
const memory = ({ sockets, upstream }) =>
  inFolder(async (folder) => {
    const { http, child } = await startSidings({ folder, port: upstream.port });
    const before = residentOf(child.pid);
    const [count, during] = await idle({ port: http.port, count: sockets }, async (opened) => {
      await sleep(3000); // the collector's turn
      return [opened, residentOf(child.pid)];
    });
    await end(child);
    return [
      ['memory idle', before, 'MiB'],
      [`memory of an idle WebSocket (${count} of them)`, ((during - before) * 1024) / count, 'KiB'],
    ];
  });

/** Processor time while nothing happens, with a thousand copies. */
const idleCpu = ({ seconds, upstream, copies = 1000 }) =>
  inFolder(async (folder) => {
    for (let number = 2; number <= copies; number += 1) {
      mkdirSync(`${folder}/project-${number}`);
      writeFileSync(
        `${folder}/project-${number}/sidings.json`,
        JSON.stringify({ project: 'project', services: { web: { port: upstream.port } } }),
      );
    }
    const begun = performance.now();
    const { child } = await startSidings({ folder, port: upstream.port });
    const ready = performance.now() - begun;
    await sleep(5000); // what is only done once
    const before = cpuOf(child.pid);
    await sleep(seconds * 1000);
    const share = (cpuOf(child.pid) - before) / seconds;
    await end(child);
    return [
      [`ready with ${copies} copies`, ready, 'ms'],
      [`processor idle with ${copies} copies`, share * 100, '% of a core'],
    ];
  });

/** From a new folder, and from a port that begins to listen, until the hostname leads there. */
const routed = ({ rounds, upstream }) =>
  inFolder(async (folder) => {
    const { http, child } = await startSidings({ folder, port: upstream.port });
    const known = [];
    const listening = [];
    for (let round = 2; round < rounds + 2; round += 1) {
      const base = await freePort();
      const host = `extra-${round}.web.localhost`;
      mkdirSync(`${folder}/extra-${round}`);
      const begun = performance.now();
      writeFileSync(
        `${folder}/extra-${round}/sidings.json`,
        JSON.stringify({ project: `extra-${round}`, services: { web: { port: base } } }),
      );
      // 404 until the copy is known, 502 until its service listens.
      await until(
        () => 'the new copy is known',
        async () => (await ask(http.port, host)) === 502,
      );
      known.push(performance.now() - begun);
      const server = createServer((_request, response) => response.end());
      await new Promise((resolve) => server.listen(base, '127.0.0.1', resolve));
      const up = performance.now();
      await until(
        () => 'the service is routed',
        async () => (await ask(http.port, host)) === 200,
      );
      listening.push(performance.now() - up);
      await new Promise((resolve) => server.close(resolve));
    }
    await end(child);
    return [
      ['new folder to routed', median(known), 'ms'],
      ['listening port to routed', median(listening), 'ms'],
    ];
  });

export const own = [startup, coldStart, firstVisit, page, memory, idleCpu, routed, container];
