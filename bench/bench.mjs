// `npm run bench [-- --quick] [-- --only NAME]…`: Sidings next to other proxies, and by itself. Needs wrk and h2load (Debian: wrk,
// nghttp2-client); of nginx, haproxy and caddy it takes what is installed. Never part of the tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { must, onPath, root } from '../scripts/lib.mjs';
import { makeCertificate } from './certificate.mjs';
import { chart } from './chart.mjs';
import { describeMachine, end, endAll, median, until } from './machine.mjs';
import { caddy } from './peers/caddy.mjs';
import { direct } from './peers/direct.mjs';
import { haproxy } from './peers/haproxy.mjs';
import { httpProxy } from './peers/http-proxy.mjs';
import { nginx } from './peers/nginx.mjs';
import { hostname } from './peers/peer.mjs';
import { portless } from './peers/portless.mjs';
import { relay } from './peers/relay.mjs';
import { sidings, sidingsFull } from './peers/sidings.mjs';
import { loads } from './scenarios/load.mjs';
import { own } from './scenarios/own.mjs';
import { startUpstream } from './stage.mjs';
import { figure, table } from './table.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: `${root}bench/results` },
  },
});
const size = options.quick
  ? { seconds: 2, rounds: 3, calls: 10, visits: 50, sockets: 1000, bytes: 2 ** 28 }
  : { seconds: 5, rounds: 7, calls: 50, visits: 200, sockets: 8000, bytes: 2 ** 30 };
const chosen = (name) =>
  options.only.length === 0 || options.only.some((part) => name.toLowerCase().includes(part.toLowerCase()));
const say = (text) => process.stderr.write(`${text}\n`);

const missing = ['wrk', 'h2load', 'openssl'].filter((command) => !onPath(command));
if (missing.length > 0) {
  say(`Missing: ${missing.join(', ')}. On Debian: sudo apt-get install wrk nghttp2-client openssl nginx haproxy caddy`);
  process.exit(1);
}
await must('node', ['scripts/build.mjs']);

const folder = mkdtempSync(`${tmpdir()}/sidings-bench-`);
process.once('SIGINT', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(130);
});

const answers = (port) =>
  new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/small', headers: { host: hostname }, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    }).on('error', () => resolve(false));
  });

const startPeers = async (upstream) => {
  const certificate = makeCertificate(folder);
  const started = [];
  for (const peer of [direct, relay, nginx, haproxy, caddy, httpProxy, portless, sidings, sidingsFull]) {
    const version = peer.version();
    if (version === undefined) {
      say(`${peer.name} is not installed and is left out.`);
      continue;
    }
    const running = await peer.start({ folder: `${folder}/${peer.name.replace(/\W+/g, '-')}`, upstream, certificate });
    await until(
      () => `${peer.name} to answer: ${running.child.said()}`,
      () => answers(running.http),
    );
    started.push({ name: peer.name, version, ...running });
  }
  return started;
};

/** All peers in turns, several rounds, so that each sees the same of what else the machine does. */
const compare = async (scenario, peers) => {
  const able = peers.filter((peer) => peer[scenario.needs] !== undefined);
  const measured = new Map(able.map(({ name }) => [name, []]));
  const failures = new Map();
  // The first two rounds do not count: what is compiled while it runs is compiled then.
  for (let round = -2; round < size.rounds; round += 1) {
    for (const peer of able) {
      if (failures.has(peer.name)) continue;
      say(`${scenario.name}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${size.rounds}`}: ${peer.name}`);
      try {
        const figures = await scenario.measure(peer);
        if (round >= 0) measured.get(peer.name).push(figures);
      } catch (error) {
        failures.set(peer.name, error.message);
        say(`  ${error.message}`);
      }
    }
  }
  const names = Object.keys(scenario.figures);
  const results = able
    .filter(({ name }) => !failures.has(name))
    .map(({ name }) => ({
      peer: name,
      ...Object.fromEntries(names.map((one) => [one, median(measured.get(name).map((figures) => figures[one]))])),
      // In one round both saw the same machine.
      toNginx: median(measured.get(name).map(({ rate }, round) => rate / measured.get('nginx')?.[round]?.rate)),
    }));
  const { name, title, figures } = scenario;
  return { name, title, figures, results, failures: Object.fromEntries(failures) };
};

try {
  const upstream = await startUpstream();
  const machine = describeMachine();
  const scenarios = loads(size).filter(({ name }) => chosen(name));
  const peers = scenarios.length === 0 ? [] : await startPeers(upstream);
  const comparisons = [];
  for (const scenario of scenarios) comparisons.push(await compare(scenario, peers));
  // The direct way is the upstream itself, which is needed on.
  for (const { child } of peers) if (child !== upstream.child) await end(child);
  const alone = [];
  for (const measure of own.filter(({ name }) => chosen(name))) {
    say(measure.name);
    try {
      alone.push(...(await measure({ ...size, upstream })));
    } catch (error) {
      // What was measured so far took minutes.
      say(`  ${error.message}`);
      process.exitCode = 1;
    }
  }

  const versions = Object.fromEntries(
    peers.filter(({ version }) => version !== '').map(({ name, version }) => [name, version]),
  );
  console.log(
    `\n${machine.cpu}, ${machine.cores} cores${machine.pinned ? ', the proxy on one and load and upstream on another' : ''}, ${machine.system}, Node ${machine.node}`,
  );
  console.log(
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}\n`,
  );
  for (const { name, figures, results, failures } of comparisons) {
    const head = [name, ...Object.values(figures), 'x nginx'];
    const rows = results.map((result) => [
      result.peer,
      ...Object.keys(figures).map((one) => figure(result[one])),
      figure(result.toNginx),
    ]);
    console.log(`${table([head, ...rows])}\n`);
    for (const peer of Object.keys(failures)) console.log(`${peer} failed.\n`);
  }
  if (alone.length > 0) console.log(`${table(alone.map(([what, value, unit]) => [what, figure(value), unit]))}\n`);

  mkdirSync(options.out, { recursive: true });
  writeFileSync(
    `${options.out}/results.json`,
    `${JSON.stringify({ machine, versions, comparisons, alone }, undefined, 2)}\n`,
  );
  const drawn = comparisons
    .filter(({ title }) => title !== undefined)
    .map(({ title, figures, results }) => ({
      title,
      unit: figures.rate,
      bars: results
        .filter(({ peer }) => peer !== 'direct')
        .map(({ peer, rate }) => ({ peer, value: rate, isOurs: peer.startsWith('Sidings') })),
    }));
  if (drawn.length > 0) writeFileSync(`${options.out}/results.svg`, chart(drawn));
  say(`Written: ${options.out}/results.json`);
} finally {
  await endAll();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
