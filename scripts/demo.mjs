// `npm run demo`: three copies of examples/notes with a PostgreSQL server each, behind one proxy. With --check it proves that they are
// apart, and ends. Needs nothing but Node: npm packages are installed and the commands built on the way.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { endings } from './demo/endings.mjs';
import { ensureBuilt } from './demo/ensure-built.mjs';
import { endCommands } from './demo/exec.mjs';
import { authority } from './demo/http.mjs';
import { abandonSteps, bold, dim, say, step } from './demo/progress.mjs';
import { ensurePackages, root } from './lib.mjs';

const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const example = `${root}examples/notes`;

if (process.platform === 'win32') {
  say('The demo runs on Linux and macOS. On Windows: use WSL.');
  process.exit(1);
}

await ensurePackages();
await ensurePackages(example);
await step('build', ensureBuilt);

// These need the packages and the build.
const { loadSettings } = await import('../dist/config/load.js');
const { copyFolder, moveHeldPorts, names, resolveCopies } = await import('./demo/copies.mjs');
const { chooseProxyPorts } = await import('./demo/ports.mjs');
const { preparePostgres, startPostgres } = await import('./demo/postgres.mjs');
const { openProcesses } = await import('./demo/processes.mjs');
const { startProxy, startService } = await import('./demo/services.mjs');

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
};

const start = async () => {
  await step(`three copies in ${folder}`, () =>
    Promise.all(names.map((name) => copyFolder(example, `${folder}/${name}`))),
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
    const moves = await moveHeldPorts(folder, await resolveCopies(folder, env));
    return { copies: await resolveCopies(folder, env), moves };
  });
  for (const move of moves) say(`     ${move}`);
  const each = (work) => Promise.all(copies.map(work));
  const ports = (service) => () => ` on ${copies.map(({ services }) => services[service].port).join(', ')}`;

  await step(
    'PostgreSQL',
    async () => {
      const prepared = await preparePostgres(`${own}/postgres`);
      await each(({ name, services, env: { DATABASE_URL } }) =>
        startPostgres(prepared, processes, { name, port: services.postgres.port, databaseUrl: DATABASE_URL }),
      );
    },
    ports('postgres'),
  );
  const startEach = (service) => () => each((copy) => startService(processes, service, { copy, env }));
  const apis = await step('API', startEach('api'), ports('api'));
  await step('web', startEach('web'), ports('web'));
  const proxy = await step(
    'sidings',
    () => startProxy(processes, { folder, http, https, certificates, copies, env }),
    () => ` on ${http}, ${https}`,
  );
  return { proxy, copies, env, apis, startApi: (copy) => startService(processes, 'api', { copy, env }) };
};

const show = ({ proxy, copies }) => {
  const address = (hostname) => `https://${authority(hostname, proxy.https)}`;
  say();
  for (const { name, services } of copies) {
    say(bold(name));
    for (const service of ['web', 'api']) {
      const { hostname, localUrl } = services[service];
      say(`  ${service}     ${address(hostname).padEnd(36)} ${dim(localUrl)}`);
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
  const demo = await start();
  show(demo);
  if (options.check) {
    const { prove } = await import('./demo/proofs.mjs');
    return (await prove(demo)) ? 0 : 1;
  }
  running = true;
  say('Browsers warn of these addresses until you make the root certificate of this machine known to them, once:');
  say(`  ${bold(trustCommand())}\n`);
  say('Redis is not started here: nothing uses it yet, so it is listed as down.');
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

const explain = (error) => {
  say(`\n${error.message}`);
  return 1;
};

const code = await Promise.race([run(), cutShort()]).catch(explain);
const cleaned = await step('everything stopped and removed', processes.stop).then(() => 0, explain);
process.exit(code || cleaned);
