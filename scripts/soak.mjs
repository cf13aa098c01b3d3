// `npm run soak [-- --minutes N]`: the built daemon in front of twenty copies, under mixed traffic, while upstreams, copies, containers and
// its configuration come and go. Counts what became of every request, and ends with 1 when one was lost that no fault explains, or when
// memory, descriptors or threads have grown. Needs nothing but Node; with a Docker Engine there are containers too.
import { setMaxListeners } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endings } from './demo/endings.mjs';
import { ensureBuilt } from './demo/ensure-built.mjs';
import { abandonSteps, say, step } from './demo/progress.mjs';
import { ensurePackages, root } from './lib.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    copies: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    out: { type: 'string', default: `${root}bench/results` },
    docker: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const seconds = Number(options.minutes) * 60;
const count = Number(options.copies);
const seed = Number(options.seed);
if (!(seconds > 0) || !Number.isInteger(count) || count < 2 || count > 50 || !Number.isInteger(seed)) {
  say('--minutes takes a number above 0, --copies one from 2 to 50, --seed a whole one.');
  process.exit(2);
}

await ensurePackages();
await step('build', ensureBuilt);

// These need the packages and the build.
const { namesOf } = await import('./demo/copies.mjs');
const { openProcesses } = await import('./demo/processes.mjs');
const { until } = await import('./demo/until.mjs');
const { findEngine, inContainer } = await import('./soak/container.mjs');
const { randomFrom } = await import('./soak/content.mjs');
const { freeBase, openCopy } = await import('./soak/copies.mjs');
const { openPool } = await import('./soak/exchanges.mjs');
const { containerFault, faults, rootFault, seen } = await import('./soak/faults.mjs');
const { canGauge, gauge } = await import('./soak/gauge.mjs');
const { openWindows } = await import('./soak/judge.mjs');
const { openLedger, probe } = await import('./soak/ledger.mjs');
const { report } = await import('./soak/report.mjs');
const { choose, openTraffic } = await import('./soak/traffic.mjs');

/** So many do one exchange after the other, with pauses: a machine with other work on it can bear it. */
const clients = 12;
const pauseMs = 80;
/** From one fault to the next, at most. */
const faultPauseMs = 1200;
const sampleMs = 1000;
/** With no room to put off collecting in: what grows is what is kept. */
const smallHeap = '--max-old-space-size=100 --max-semi-space-size=2';

const folder = realpathSync(mkdtempSync(`${tmpdir()}/sidings-soak-`));
const own = `${folder}/.soak`;
const [first, second] = [`${folder}/copies`, `${folder}/others`];
for (const directory of [`${own}/config/sidings`, `${own}/home`, first, second])
  mkdirSync(directory, { recursive: true });
const processes = openProcesses({ folder, logs: `${own}/logs` });
const ended = endings({ onSecond: processes.kill });

const random = randomFrom(seed);
const windows = openWindows();
const known = new Map();
const ledger = `${own}/ledger`;
let isCutShort = false;
let closeEngine = async () => {};
/** Whether services end connections by themselves, in turn. */
const habits = ['keeps', 'closes', 'keeps'];

/** The configuration, with the second root or without it. */
const configure = (withSecond) => {
  const roots = withSecond ? [first, second] : [first];
  const settings = { httpPort: 0, httpsPort: 0, roots, certificateDirectory: `${own}/certs`, log: { level: 'warn' } };
  writeFileSync(`${own}/config/sidings/config.json`, JSON.stringify(settings));
};

const startDaemon = async (engine) => {
  configure(true);
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: `${own}/home`,
    XDG_CONFIG_HOME: `${own}/config`,
    SIDINGS_STATE_DIR: `${own}/state`,
    NODE_OPTIONS: smallHeap,
    ...(engine?.host === undefined ? { SIDINGS_DOCKER: '0' } : { DOCKER_HOST: engine.host }),
  };
  const command = [process.execPath, `${root}dist/cli/sidings.js`, 'start'];
  const started = processes.start('sidings', command, { cwd: folder, env });
  const readyLine = () => /^\{"ready".*$/m.exec(readFileSync(started.log, 'utf8'))?.[0];
  const { pid, http, https } = JSON.parse(await until('sidings is ready', readyLine, { started }));
  return { started, pid, http: http.port, https: https.port, ca: readFileSync(`${own}/certs/root.pem`, 'utf8') };
};

/** Follows what the daemon says of its copies. */
const followState = ({ http }) => {
  let copies = new Map();
  get({ host: '127.0.0.1', port: http, path: '/api/events', headers: { host: `localhost:${http}` } }, (events) => {
    let text = '';
    events.on('error', () => {});
    events.setEncoding('utf8').on('data', (data) => {
      const parts = (text + data).split('\n\n');
      text = parts.pop();
      const newest = /^data: (.*)$/m.exec(parts.at(-1) ?? '')?.[1];
      if (newest === undefined) return;
      const { workstreams } = JSON.parse(newest);
      copies = new Map(workstreams.map((copy) => [copy.name, copy]));
    });
  }).on('error', () => {});
  return {
    serviceOf: ({ name }) => copies.get(name)?.services.find((service) => service.name === 'web'),
    isStale: ({ name }) => copies.get(name)?.problems.some(({ code }) => code === 'copy-stale') === true,
  };
};

/** The status that the address of a copy answers with. */
const statusOf = ({ http }, { hostnames: [hostname] }) =>
  new Promise((resolve, reject) => {
    const headers = { host: `${hostname}:${http}`, 'x-nonce': probe };
    get({ host: '127.0.0.1', port: http, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });

/** One after the other, several at a time, until the signal; gives how often each has happened. */
const breakThings = async ({ stage, copies, guest, container, counts, marks, signal }) => {
  const running = new Set();
  const all = [
    ...faults,
    { ...rootFault, weight: 1, only: guest },
    ...(container === undefined ? [] : [{ ...containerFault, weight: 2, only: container }]),
  ];
  let failure;
  while (!signal.aborted && failure === undefined) {
    const fault = choose(all, random);
    const idle = (fault.only === undefined ? copies : [fault.only]).filter(({ isBusy }) => !isBusy);
    if (idle.length > 0) {
      const copy = idle[Math.floor(random() * idle.length)];
      copy.isBusy = true;
      marks.push(performance.now());
      const done = fault
        .run(stage, copy)
        .then(() => {
          counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
          copy.isBusy = false;
        })
        .catch((error) => {
          failure ??= error;
        })
        .finally(() => running.delete(done));
      running.add(done);
    }
    await sleep(random() * faultPauseMs, undefined, { signal }).catch(() => {});
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure;
};

const measure = async ({ traffic, pid, start, samples, signal }) => {
  while (!signal.aborted) {
    await sleep(sampleMs, undefined, { signal }).catch(() => {});
    const at = (performance.now() - start) / 1000;
    samples.push({ at, ...traffic.take(), ...(canGauge && gauge(pid)) });
  }
};

const run = async () => {
  say(`seed ${seed}, ${count} copies, ${Math.round(seconds)} s, in ${folder}`);
  const engine = options.docker ? await step('Docker Engine', findEngine) : { failure: '--no-docker' };
  if (engine.host === undefined) say(`     without containers: ${engine.failure}`);
  closeEngine = engine.close ?? closeEngine;

  let traffic;
  await openLedger(ledger, {
    onRequest: (request) => traffic.arrived(request),
    onUp: ({ pid, copy }) => known.set(copy, pid),
  });
  const base = await freeBase(count, random);
  const [guestBase, boxBase] = [await freeBase(1, random), await freeBase(1, random)];
  const common = { processes, known, ledger };
  const copies = namesOf(count).map((name, index) =>
    openCopy({
      ...common,
      folder: first,
      name,
      project: 'project',
      base,
      slot: index === 0 ? 0 : index + 1,
      habit: habits[index % habits.length],
    }),
  );
  const guest = openCopy({
    ...common,
    folder: second,
    name: 'guest',
    project: 'guest',
    base: guestBase,
    slot: 0,
    habit: 'keeps',
  });
  const boxName = `box-${basename(folder).slice(-6).toLowerCase()}`;
  const box = openCopy({
    ...common,
    folder: first,
    name: boxName,
    project: boxName,
    base: boxBase,
    slot: 0,
    habit: 'keeps',
  });
  for (const copy of [...copies, guest]) copy.make();
  let container;
  if (engine.host !== undefined) {
    box.make();
    // Whatever ends the soak, it is removed.
    processes.removeProjects([boxName]);
    container = await inContainer(box, { host: engine.host, folder: first, known, ledger });
  }
  const all = [...copies, guest, ...(container === undefined ? [] : [container])];
  await step('services', () => Promise.all(all.map((copy) => copy.start())));
  const daemon = await step('sidings', () => startDaemon(engine));
  const state = followState(daemon);
  let hasSecondRoot = true;
  const stage = {
    random,
    windows,
    ...state,
    statusOf: (copy) => statusOf(daemon, copy),
    reload: (withSecond = hasSecondRoot) => {
      hasSecondRoot = withSecond;
      configure(withSecond);
      process.kill(daemon.pid, 'SIGHUP');
    },
  };
  await step('all of them up', () => Promise.all(all.map((copy) => seen(stage, copy))));

  const before = canGauge ? gauge(daemon.pid) : undefined;
  const pool = openPool(daemon);
  traffic = openTraffic({ random, windows, proxy: daemon, pool });
  const start = performance.now();
  const [samples, marks, faultCounts] = [[], [], new Map()];
  const over = new AbortController();
  setTimeout(() => over.abort(), seconds * 1000);
  const daemonEnded = daemon.started.exit.then((outcome) => {
    throw new Error(`sidings ended with ${outcome}:\n${readFileSync(daemon.started.log, 'utf8').slice(-2000)}`);
  });
  daemonEnded.catch(() => {});
  // Faults come to their end under load, so that what they leave behind is seen.
  const afterFaults = new AbortController();
  setMaxListeners(0, afterFaults.signal);
  const breaking = breakThings({
    stage,
    copies,
    guest,
    container,
    counts: faultCounts,
    marks,
    signal: over.signal,
  }).finally(() => afterFaults.abort());
  const loading = traffic.run(all, { clients, pauseMs, signal: afterFaults.signal });
  const measuring = measure({ traffic, pid: daemon.pid, start, samples, signal: afterFaults.signal });
  const work = Promise.all([breaking, loading, measuring]);
  await step(`${Math.round(seconds)} s of load`, () => Promise.race([work, daemonEnded]));

  pool.close();
  if (isCutShort) return 1;
  // Kept connections to upstreams are closed when nobody has used them for some seconds.
  const isBack = () => gauge(daemon.pid).descriptors <= before.descriptors;
  if (canGauge) {
    await step('descriptors are back', () => until('as many as before the load', isBack)).catch(() => {});
  }
  const after = canGauge ? gauge(daemon.pid) : undefined;
  const good = report({
    verdict: traffic.judge(),
    faultCounts,
    samples,
    before,
    after,
    marks: marks.map((time) => (time - start) / 1000),
    out: options.out,
  });
  const said = readFileSync(daemon.started.log, 'utf8').split('\n').slice(1).join('\n').trim();
  if (said !== '') say(`\nsidings said:\n${said.slice(-4000)}`);
  return good ? 0 : 1;
};

const cutShort = async () => {
  const reason = await ended;
  isCutShort = true;
  abandonSteps();
  say(`\nEnded by ${reason}.`);
  return 1;
};

const explain = ({ message }) => {
  say(`\n${message}`);
  return 1;
};

const code = await Promise.race([run(), cutShort()]).catch(explain);
const cleaned = await step('everything stopped and removed', processes.stop).then(() => 0, explain);
await closeEngine();
process.exit(code || cleaned);
