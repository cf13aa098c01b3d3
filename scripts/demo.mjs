// `npm run demo`: three copies of examples/notes with a PostgreSQL server each, behind one proxy. With --check it proves that they are
// apart, and ends. Needs nothing but Node: npm packages are installed and the commands built on the way. With --docker everything but
// the proxy is in containers, without ports of the machine.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { endings } from './demo/endings.mjs';
import { ensureBuilt } from './demo/ensure-built.mjs';
import { endCommands } from './demo/exec.mjs';
import { authority } from './demo/http.mjs';
import { abandonSteps, bold, dim, say, step } from './demo/progress.mjs';
import { ensurePackages, root } from './lib.mjs';

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    docker: { type: 'boolean', default: false },
    copies: { type: 'string', default: '3' },
  },
});

const example = `${root}examples/notes`;

const count = Number(options.copies);
if (!Number.isInteger(count) || count < 2 || count > 9 || (options.check && count !== 3)) {
  say('--copies takes a number from 2 to 9; what --check proves is about three.');
  process.exit(2);
}

if (process.platform === 'win32') {
  say('The demo runs on Linux and macOS. On Windows: use WSL.');
  process.exit(1);
}
if (options.docker && process.platform !== 'linux') {
  say('With --docker the demo runs on Linux, where the addresses of containers can be reached. Here: npm run demo');
  process.exit(1);
}

const explain = ({ message }) => {
  say(`\n${message}`);
  return 1;
};

await ensurePackages();
await ensurePackages(example);
await step('build', ensureBuilt);

// These need the packages and the build.
const { loadSettings } = await import('../dist/config/load.js');
const { copyFolder, linkSidings, moveHeldPorts, namesOf, resolveCopies } = await import('./demo/copies.mjs');
const { chooseProxyPorts } = await import('./demo/ports.mjs');
const { preparePostgres, startPostgres } = await import('./demo/postgres.mjs');
const { openProcesses } = await import('./demo/processes.mjs');
const { startProxy, startService } = await import('./demo/services.mjs');
const containers = options.docker ? await import('./demo/containers.mjs') : undefined;

const engine = await containers?.findEngine().catch((error) => process.exit(explain(error)));

const folder = realpathSync(mkdtempSync(`${tmpdir()}/sidings-demo-`));
const own = `${folder}/.demo`;
for (const directory of [`${own}/config/sidings`, `${own}/home`]) mkdirSync(directory, { recursive: true });
// PostgreSQL runs as another user when root starts the demo: that user may pass through, and read nothing.
for (const directory of [folder, own]) chmodSync(directory, 0o711);
const processes = openProcesses({ folder, logs: `${own}/logs` });
const ended = endings({ onSecond: processes.kill });

// Nothing of the user's shell gets into the copies, and nothing of the demo into the user's own configuration and state.
const env = {
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: `${own}/home`,
  LANG: process.env.LANG ?? 'C.UTF-8',
  XDG_CONFIG_HOME: `${own}/config`,
  SIDINGS_STATE_DIR: `${own}/state`,
  ...(engine === undefined
    ? { SIDINGS_DOCKER: '0' }
    : // Compose may be a plugin in the folder of the user.
      { DOCKER_HOST: engine.host, DOCKER_CONFIG: process.env.DOCKER_CONFIG || join(homedir(), '.docker') }),
};

/** Copies, ports and the configuration of the proxy. */
const prepare = async () => {
  const names = namesOf(count);
  await step(`${count === 3 ? 'three' : count} copies in ${folder}`, () =>
    Promise.all(
      names.map(async (name) => {
        await copyFolder(example, `${folder}/${name}`);
        await linkSidings(`${folder}/${name}`);
      }),
    ),
  );
  const { http, https, reasons } = await chooseProxyPorts();
  for (const reason of reasons) say(`     ${reason}`);
  if (reasons.length > 0) say(`     The proxy takes ports ${http} and ${https}.`);
  // Where `sidings trust` looks as well: the root outlives the demo, so that it has to be trusted only once.
  const { certificateDirectory: certificates } = await loadSettings();
  // stack-env reads the same file, so that the addresses it prints hold the port of this proxy.
  const config = { httpPort: http, httpsPort: https, certificateDirectory: certificates, roots: [folder] };
  writeFileSync(`${own}/config/sidings/config.json`, JSON.stringify(config));

  const { copies, moves } = await step('ports', async () => {
    const moves = await moveHeldPorts(folder, await resolveCopies(folder, names, env));
    return { copies: await resolveCopies(folder, names, env), moves };
  });
  for (const move of moves) say(`     ${move}`);
  return { folder, http, https, certificates, copies, env };
};

const listens = ({ http, https }) => ` on ${http}, ${https}`;

const start = async () => {
  const prepared = await prepare();
  const { copies } = prepared;
  const each = (work) => Promise.all(copies.map(work));
  const ports = (service) => () => ` on ${copies.map(({ services }) => services[service].port).join(', ')}`;

  await step(
    'PostgreSQL',
    async () => {
      const programs = await preparePostgres(`${own}/postgres`);
      await each(({ name, services, env: { DATABASE_URL } }) =>
        startPostgres(programs, processes, { name, port: services.postgres.port, databaseUrl: DATABASE_URL }),
      );
    },
    ports('postgres'),
  );
  const startEach = (service) => () => each((copy) => startService(processes, service, { copy, env }));
  const apis = await step('API', startEach('api'), ports('api'));
  await step('web', startEach('web'), ports('web'));
  const proxy = await step('sidings', () => startProxy(processes, prepared), listens);
  return { proxy, copies, env, apis, startApi: (copy) => startService(processes, 'api', { copy, env }) };
};

/** The same in containers. What is in them needs no port of the machine, so nothing waits for one. */
const startContainers = async () => {
  const notes = [];
  const images = await step('images', () => containers.chooseImages(engine.host, (note) => notes.push(note)));
  for (const note of notes) say(`     ${note}`);
  Object.assign(env, images);
  const prepared = await prepare();
  const { copies } = prepared;
  const projects = copies.map((copy) => copy.env.COMPOSE_PROJECT_NAME);
  await containers.refuseTaken(engine.host, projects);
  processes.removeProjects(projects);
  await step('containers', () => Promise.all(copies.map((copy) => containers.startStack(processes, copy, env))));
  const proxy = await step(
    'sidings',
    async () => {
      const started = await startProxy(processes, prepared);
      await containers.containersReached(started, copies);
      return started;
    },
    listens,
  );
  return { proxy, copies, env, host: engine.host, processes };
};

const show = ({ proxy, copies }) => {
  const address = (hostname) => `https://${authority(hostname, proxy.https)}`;
  say();
  for (const { name, services } of copies) {
    say(bold(name));
    for (const service of ['web', 'api']) {
      const { hostname, localUrl } = services[service];
      say(`  ${service}     ${address(hostname).padEnd(36)} ${dim(engine === undefined ? localUrl : '')}`.trimEnd());
    }
  }
  say(`${bold('all')}\n  status  ${address('localhost')}\n`);
};

/** As it is typed where npm was called. */
const trustCommand = () => {
  const file = relative(process.env.INIT_CWD ?? process.cwd(), `${root}dist/cli/sidings.js`);
  return `node ${/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`} trust`;
};

let running = false;

const run = async () => {
  const demo = await (engine === undefined ? start() : startContainers());
  show(demo);
  if (options.check) {
    const { prove } = await import('./demo/prove.mjs');
    const { proofs } = await (engine === undefined
      ? import('./demo/proofs.mjs')
      : import('./demo/container-proofs.mjs'));
    return (await prove(proofs(demo))) ? 0 : 1;
  }
  running = true;
  say('Browsers warn of these addresses until you make the root certificate of this machine known to them, once:');
  say(`  ${bold(trustCommand())}\n`);
  if (engine === undefined) say('Redis is not started here: nothing uses it yet, so it is listed as down.');
  else say('No container has a port of this machine. In a copy, `stack-env compose …` is compose for that copy.');
  say(`The copies are in ${folder}. Ctrl-C stops everything and removes them.`);
  // Until one of the endings.
  return new Promise(() => {});
};

const cutShort = async () => {
  const reason = await ended;
  endCommands();
  abandonSteps();
  say(`\nEnded by ${reason}.`);
  // Ctrl-C is how a running demo is meant to end.
  return running && reason === 'SIGINT' ? 0 : 1;
};

const code = await Promise.race([run(), cutShort()]).catch(explain);
const cleaned = await step('everything stopped and removed', processes.stop).then(() => 0, explain);
process.exit(code || cleaned);
