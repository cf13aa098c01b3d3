// The hostile requests and answers of test/hostile through Sidings and other proxies: how many each gets wrong, as a table for the README.
// `node bench/hostile.mjs [--only NAME]… [--by WAY]… [--names]`; of nginx, haproxy and caddy it takes what is installed. Counted is what no RFC
// allows, by the same rule for all, and in brackets where a malformed field was left out instead of refusing its request. What Sidings
// promises beyond that, `npm test` tries.
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
  options: {
    only: { type: 'string', multiple: true, default: [] },
    by: { type: 'string', multiple: true, default: [] },
    names: { type: 'boolean', default: false },
  },
});
/** So many of each proxy, each with an upstream of its own, so that vectors do not wait for each other. */
const atOnce = 4;
const patienceMs = 3000;
const say = (text) => process.stderr.write(`${text}\n`);

await must('node', ['scripts/build.mjs']);
const imported = await runnerImport(`${root}test/hostile/suite.ts`, { root, logLevel: 'warn' });
const { answerFamilies, connecting, http2Families, requestFamilies, run, runHttp2, startRecorder, transports } =
  imported.module;
const isAsked = (name, asked) =>
  asked.length === 0 || asked.some((part) => name.toLowerCase().includes(part.toLowerCase()));
const lists = [
  { name: 'requests', families: requestFamilies, ways: transports, play: run },
  { name: 'answers', families: answerFamilies, ways: transports, play: run },
  { name: 'requests and answers', families: http2Families, ways: ['HTTP/2'], play: runHttp2 },
].flatMap(({ families, ways, ...list }) =>
  ways
    .filter((way) => isAsked(way, options.by))
    .map((transport) => {
      const vectors = families.flatMap((family) => family.vectors);
      return { ...list, transport, vectors: vectors.filter(({ needsReset }) => transport !== 'TLS' || !needsReset) };
    }),
);

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
        [...transports, 'HTTP/2'].map((transport) => {
          const way = connecting(transport, transport === 'clear text' ? running.http : running.https, hostname);
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
  const failures = [];
  for (const { name, transport, vectors, play } of lists) {
    const ways = doors.map((ofOne) => ofOne[transport]);
    let leftOut = 0;
    const count = () => {
      leftOut += 1;
    };
    const faults = await play(vectors, ways, { byPromises: false, patienceMs, leftOut: count });
    const failed = Object.keys(faults).length;
    failures.push(leftOut === 0 ? failed : `${failed} (${leftOut})`);
    say(`${peer.name}, ${name} by ${transport}: ${failed} of ${vectors.length}, and ${leftOut} left out`);
    if (!options.names) continue;
    for (const [vector, why] of Object.entries(faults)) say(`  ${vector}\n    ${why.join('\n    ')}`);
  }
  await endAll();
  return failures;
};

try {
  const certificate = makeCertificate(folder);
  const columns = [];
  for (const peer of [sidings, sidingsFull, nginx, haproxy, caddy]) {
    const version = peer.version();
    if (!isAsked(peer.name, options.only)) continue;
    if (version === undefined) say(`${peer.name} is not installed and is left out.`);
    else columns.push({ name: `${peer.name} ${version}`, failures: await measure(peer, certificate) });
  }
  const rows = lists.map(({ name, transport, vectors }, index) => [
    `${vectors.length} ${name}, ${transport}`,
    ...columns.map(({ failures }) => failures[index]),
  ]);
  const head = ['failures', ...columns.map(({ name }) => name)];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  console.log([head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows].map(line).join('\n'));
} finally {
  for (const life of lives) life.abort();
  await endAll();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit();
