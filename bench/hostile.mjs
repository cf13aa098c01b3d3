// The hostile requests and answers of test/hostile through Sidings and other proxies: how many each gets wrong, as a table for the README.
// `node bench/hostile.mjs [--only NAME]… [--names]`; of nginx, haproxy and caddy it takes what is installed. Counted is what no RFC allows,
// by the same rule for all; what Sidings promises beyond that, `npm test` tries.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { must, root } from '../scripts/lib.mjs';
import { makeCertificate } from './certificate.mjs';
import { endAll, until } from './machine.mjs';
import { caddy } from './peers/caddy.mjs';
import { haproxy } from './peers/haproxy.mjs';
import { nginx } from './peers/nginx.mjs';
import { hostname } from './peers/peer.mjs';
import { sidings, sidingsFull } from './peers/sidings.mjs';

const { values: options } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] }, names: { type: 'boolean', default: false } },
});
/** So many of each proxy, each with an upstream of its own, so that vectors do not wait for each other. */
const atOnce = 4;
const patienceMs = 3000;
const say = (text) => process.stderr.write(`${text}\n`);

await must('node', ['scripts/build.mjs']);
const imported = await runnerImport(`${root}test/hostile/suite.ts`, { root, logLevel: 'warn' });
const { answerFamilies, connecting, requestFamilies, run, startRecorder, transports } = imported.module;
const lists = { requests: requestFamilies, answers: answerFamilies };

const folder = mkdtempSync(`${tmpdir()}/sidings-hostile-`);
const lives = [];
process.once('SIGINT', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(130);
});

/** The ways into several of one proxy. */
const openDoors = async (peer, certificate) => {
  const place = `${folder}/${peer.name.replace(/\W+/g, '-')}`;
  return Promise.all(
    Array.from({ length: atOnce }, async (_, index) => {
      const life = new AbortController();
      lives.push(life);
      const recorder = await startRecorder(life.signal);
      const upstream = { port: recorder.ports.host };
      const running = await peer.start({ folder: `${place}-${index}`, upstream, certificate });
      const doors = Object.fromEntries(
        transports.map((transport) => {
          const way = connecting(transport, transport === 'TLS' ? running.https : running.http, hostname);
          return [transport, { ...way, host: hostname, other: 'other.web.localhost', isRouted: false, recorder }];
        }),
      );
      await until(
        () => `${peer.name} to answer: ${running.child.said()}`,
        () => answers(doors['clear text']),
      );
      return doors;
    }),
  );
};

const answers = (door) =>
  new Promise((resolve) => {
    const socket = door.connect();
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
    socket.on('data', (data) => {
      resolve(/x-serial/i.test(data.toString('latin1')));
      socket.destroy();
    });
    socket.write(`GET / HTTP/1.1\r\nHost: ${door.host}\r\nConnection: close\r\n\r\n`);
  });

const measure = async (peer, certificate) => {
  const doors = await openDoors(peer, certificate);
  const failures = {};
  for (const [list, families] of Object.entries(lists)) {
    for (const transport of transports) {
      const ways = doors.map((ofOne) => ofOne[transport]);
      const vectors = families.flatMap((family) => family.vectors);
      const faults = await run(vectors, ways, { byPromises: false, patienceMs });
      failures[`${list} ${transport}`] = Object.keys(faults).length;
      say(`${peer.name}, ${list} by ${transport}: ${Object.keys(faults).length} of ${vectors.length}`);
      if (!options.names) continue;
      for (const [name, why] of Object.entries(faults)) say(`  ${name}\n    ${why.join('\n    ')}`);
    }
  }
  await endAll();
  return failures;
};

try {
  const certificate = makeCertificate(folder);
  const columns = [];
  for (const peer of [sidings, sidingsFull, nginx, haproxy, caddy]) {
    const version = peer.version();
    if (options.only.length > 0 && !options.only.some((part) => peer.name.toLowerCase().includes(part.toLowerCase())))
      continue;
    if (version === undefined) say(`${peer.name} is not installed and is left out.`);
    else columns.push({ name: `${peer.name} ${version}`, failures: await measure(peer, certificate) });
  }
  const rows = Object.entries(lists).flatMap(([list, families]) =>
    transports.map((transport) => {
      const vectors = families.flatMap((family) => family.vectors);
      const { length: count } = vectors.filter(({ needsReset }) => transport !== 'TLS' || needsReset !== true);
      const figures = columns.map(({ failures }) => failures[`${list} ${transport}`]);
      return [`${count} ${list}, ${transport}`, ...figures];
    }),
  );
  const head = ['failures', ...columns.map(({ name }) => name)];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  console.log([head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows].map(line).join('\n'));
} finally {
  for (const life of lives) life.abort();
  await endAll();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit();
