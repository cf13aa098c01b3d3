// What new names cost everybody else: a daemon is asked for certificates for 500 names in ten seconds, each by a first handshake, while
// requests go through it. Prints how late its event loop was, how long handshakes and requests took, and what grew. On a
// machine with other work on it only the processor time says something.
// Build first. `node bench/first-visits.mjs [names] [seconds]`; exits 1 when the loop was late by more than 100 ms at the 99th percentile.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { end, firstLine, proxyCore, start } from './machine.mjs';

const names = Number(process.argv[2] ?? 500);
const seconds = Number(process.argv[3] ?? 10);
const most = 100;

const folder = mkdtempSync(`${tmpdir()}/sidings-first-visits-`);
const copy = `${folder}/project-2`;
mkdirSync(copy);
const project = { project: 'project', services: { web: { port: 18_570, default: true } } };
writeFileSync(`${copy}/sidings.json`, JSON.stringify(project));
// The daemon measures itself from SIGUSR2 on, and tells at the end.
writeFileSync(
  `${folder}/delay.mjs`,
  `import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeFileSync } from 'node:fs';
const delay = monitorEventLoopDelay({ resolution: 1 });
let before;
process.on('SIGUSR2', () => { delay.reset(); delay.enable(); before = process.cpuUsage(); });
process.on('exit', () => {
  const of = (percent) => delay.percentile(percent) / 1e6;
  const { user, system } = process.cpuUsage(before);
  const times = { p50: of(50), p99: of(99), longest: delay.max / 1e6, busy: (user + system) / 1000 };
  writeFileSync('${folder}/delay.json', JSON.stringify(times));
});`,
);
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  SIDINGS_STATE_DIR: `${folder}/state`,
  SIDINGS_CERTS_DIR: `${folder}/certs`,
  NODE_OPTIONS: `--import=${folder}/delay.mjs`,
};
const ports = ['--http-port', '0', '--https-port', '0', '--no-docker'];
const command = [`${import.meta.dirname}/../dist/cli/sidings.js`, 'start', ...ports];
const daemon = start(proxyCore, process.execPath, command, { cwd: copy, env });

const shake = async (port, ca, servername) => {
  const begun = performance.now();
  const socket = connect({ host: '127.0.0.1', port, ca, servername });
  await once(socket, 'secureConnect');
  socket.destroy();
  return performance.now() - begun;
};

const ask = (port) =>
  new Promise((resolve, reject) => {
    const begun = performance.now();
    const options = { host: '127.0.0.1', port, path: '/api/workstreams', headers: { host: 'localhost' }, agent: false };
    get(options, (answer) => {
      answer.resume().on('end', () => resolve(performance.now() - begun));
    }).on('error', reject);
  });

const residentMb = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))[1]) / 1024;
const percentile = (times, percent) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor((times.length * percent) / 100))];
const shown = (what, times) =>
  console.log(
    `${what.padEnd(12)} median ${percentile(times, 50).toFixed(1)} ms, 99 % ${percentile(times, 99).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms`,
  );

try {
  const { http, https } = JSON.parse(await firstLine(daemon));
  const ca = readFileSync(`${folder}/certs/root.pem`, 'utf8');
  const files = () => readdirSync(`${folder}/certs`, { recursive: true }).length;
  await ask(http.port);
  await shake(https.port, ca, 'warm.localhost');
  const before = { memory: residentMb(), files: files() };
  daemon.kill('SIGUSR2');
  const [handshakes, requests] = [[], []];
  let isOver = false;
  const asking = (async () => {
    for (; !isOver; await sleep(20)) requests.push(await ask(http.port));
  })();
  await Promise.all(
    Array.from({ length: names }, async (_, index) => {
      await sleep((index / names) * seconds * 1000);
      handshakes.push(await shake(https.port, ca, `n${index}.project-2.localhost`));
    }),
  );
  isOver = true;
  await asking;
  const after = { memory: residentMb(), files: files() };
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
  const { p50, p99, longest, busy } = JSON.parse(readFileSync(`${folder}/delay.json`, 'utf8'));
  console.log(`${names} new names in ${seconds} s`);
  shown('handshakes', handshakes);
  shown('requests', requests);
  console.log(`event loop   median ${p50.toFixed(1)} ms, 99 % ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`);
  console.log(`processor    ${(busy / names).toFixed(1)} ms for each name, and what requests took in between`);
  console.log(`memory       ${before.memory.toFixed(0)} MiB, then ${after.memory.toFixed(0)} MiB`);
  console.log(`files        ${before.files}, then ${after.files}`);
  if (p99 > most) process.exitCode = 1;
} finally {
  await end(daemon);
  rmSync(folder, { recursive: true, force: true });
}
