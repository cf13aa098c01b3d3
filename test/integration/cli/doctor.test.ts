import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAuthority } from '../../../src/tls/authority.ts';
import { selfSigned } from '../../support/certificate.ts';
import { runCommand, start, startSidings } from '../../support/commands.ts';
import { makeCopy, notes } from '../../support/copies.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { makeCopies, nextBase } from '../../support/project-copies.ts';
import { fileOf, needs } from '../../support/requirements.ts';
import { standIn } from '../../support/scene.ts';
import { isRoot, ordinary, ordinaryHome, sudoEnvironment } from '../../support/users.ts';
import { startListening } from '../registry/processes.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly hint?: string;
}

/** A folder with copies, its `tools` on the path and nothing else, and doctor in the first of them. */
const setUp = async (names: readonly string[] = ['project-2']) => {
  const folder = await temporaryFolder();
  await makeCopies(folder, names);
  await mkdir(join(folder, 'tools'));
  const place = {
    cwd: join(folder, names[0] ?? ''),
    env: {
      PATH: join(folder, 'tools'),
      HOME: folder,
      SIDINGS_STATE_DIR: join(folder, 'state'),
      SIDINGS_CERTS_DIR: join(folder, 'certs'),
    },
  };
  const doctor = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runCommand('sidings', ['doctor', '--json', ...args], place);
    expect(stderr).toBe('');
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] };
    expect([ok, code]).toEqual(findings.some(({ level }) => level === 'error') ? [false, 1] : [true, 0]);
    const of = (check: string) => findings.filter((finding) => finding.check === check);
    return { code, findings, of, levels: (check: string) => of(check).map(({ level }) => level) };
  };
  return { folder, place, doctor };
};

/** Everything in a folder, to the byte and the time. */
const contents = async (folder: string): Promise<readonly unknown[]> => {
  const all: unknown[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true, recursive: true })).sort((one, other) =>
    join(one.parentPath, one.name) < join(other.parentPath, other.name) ? -1 : 1,
  )) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs, ctimeMs, size, ino } = await lstat(path);
    all.push([path, mode, mtimeMs, ctimeMs, size, ino, entry.isFile() ? await readFile(path, 'latin1') : '']);
  }
  return all;
};

test('without a daemon nothing is wrong, the hints say what to do next, and nothing is written', async () => {
  // A copy with a name would have to claim a slot, and an own resolver might do anything.
  const { folder, place, doctor } = await setUp(['project-2', 'feature-login']);
  const program = `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'ran'))}, '')`;
  const resolver = { command: [process.execPath, '-e', program] };
  await makeCopy(join(folder, 'project-3'), { ...notes, resolver });
  const config = join(folder, '.config/sidings/config.json');
  await write(config, JSON.stringify({ roots: [{ directory: folder, trusted: true }] }));
  // So that a store which is looked at would be made by a careless look.
  await mkdir(join(folder, '.pki/nssdb'), { recursive: true });
  if (fileOf('certutil') !== undefined) await standIn(folder, 'certutil', `exec ${fileOf('certutil')} "$@"`);
  const port = String(nextBase());
  const before = await contents(folder);

  const { code, levels, of } = await doctor('--port', port);
  expect(code).toBe(0);
  expect(levels('ports')).toEqual(['ok']);
  expect(of('daemon')).toMatchObject([{ level: 'warning', hint: expect.stringContaining('`sidings start`') }]);
  expect(of('root')).toMatchObject([{ level: 'warning', message: expect.stringContaining(join(folder, 'certs')) }]);
  expect(levels('handshake')).toEqual(['ok']);
  expect(levels('claims')).toEqual(['ok']);
  expect(await contents(folder)).toEqual(before);

  // The same where there is a root, and outside every copy.
  await openAuthority({ folder: join(folder, 'certs'), suffixes: ['localhost'] });
  const trusted = await contents(folder);
  const text = await runCommand('sidings', ['doctor', '--port', port], { ...place, cwd: '/' });
  expect(text.stdout).toMatch(/^ok +root +The root certificate in \S+ is good until /m);
  expect(text.stdout).toMatch(/\n\d+ errors?, \d+ warnings?\.\n$/);
  expect(await contents(folder)).toEqual(trusted);
});

test('a running daemon is tried with real handshakes, against the root and as the system would', async (context) => {
  needs(context, 'curl', 'openssl');
  const { folder, place, doctor } = await setUp();
  const daemon = await startSidings([], place);
  const ports = ['--http-port', String(daemon.port), '--https-port', String(daemon.httpsPort)];
  const before = await contents(folder);
  const well = await doctor(...ports);
  expect(well.levels('ports')).toEqual(['ok', 'ok']);
  expect(well.levels('daemon')).toEqual(['ok', 'ok', 'ok']);
  expect(well.of('handshake')).toMatchObject([
    { level: 'ok', message: expect.stringMatching(/^sidings\.localhost on 127\.0\.0\.1 and ::1: accepted/) },
    { level: 'ok', message: expect.stringMatching(/^Neither curl nor openssl/) },
  ]);
  expect(await contents(folder)).toEqual(before);

  // A system whose store lacks the root, and one whose store holds it, for both clients.
  const root = join(folder, 'certs/root.pem');
  for (const [name, refused, trusting] of [
    ['openssl', /^openssl does not accept .*error/, `exec ${fileOf('openssl')} "$@" -CAfile '${root}'`],
    ['curl', /^curl does not accept .*\(60\)/, `exec ${fileOf('curl')} --cacert '${root}' "$@"`],
  ] as const) {
    await standIn(folder, name, `exec ${fileOf(name)} "$@"`);
    // A client that is told of the root by a variable says nothing of the system.
    const untrusted = await runCommand('sidings', ['doctor', '--json', ...ports], {
      ...place,
      env: { ...place.env, CURL_CA_BUNDLE: root, SSL_CERT_FILE: root },
    });
    expect(untrusted.code).toBe(1);
    expect((JSON.parse(untrusted.stdout) as { findings: Finding[] }).findings).toContainEqual({
      check: 'handshake',
      level: 'error',
      message: expect.stringMatching(refused),
      hint: 'Run: sidings trust',
    });
    await standIn(folder, name, trusting);
    expect((await doctor(...ports)).of('handshake')[1]).toMatchObject({
      level: 'ok',
      message: `${name} accepts sidings.localhost with the store of the system.`,
    });
  }

  // Another certificate folder has another root, or none.
  const other = join(folder, 'other');
  const elsewhere = await doctor(...ports, '--certs-dir', other);
  expect(elsewhere.of('handshake')).toMatchObject([{ level: 'error', message: expect.stringContaining(other) }]);
  await openAuthority({ folder: other, suffixes: ['localhost'] });
  const foreign = await doctor(...ports, '--certs-dir', other);
  expect(foreign.of('handshake')).toMatchObject([
    { level: 'error', message: expect.stringMatching(/127\.0\.0\.1: /), hint: expect.stringContaining('--certs-dir') },
    { level: 'error', message: expect.stringMatching(/::1: /) },
  ]);
});

test('a daemon that answers less than it should, or that reports problems', async () => {
  const { folder, place, doctor } = await setUp(['project-2', 'project-3']);
  await write(join(folder, 'project-3/sidings.json'), '{');
  const daemon = await startSidings(['--no-tls', '--bind', '127.0.0.1'], place);
  const http = ['--http-port', String(daemon.port)];
  expect((await doctor(...http, '--no-tls')).of('daemon')).toMatchObject([
    {
      level: 'warning',
      message: `sidings does not answer in clear text on port ${daemon.port} of ::1, which browsers may try first.`,
    },
    { level: 'error', message: 'sidings reports 1 problem.', hint: 'Run: sidings check' },
  ]);
  const alone = await doctor(...http, '--no-tls', '--bind', '127.0.0.1');
  expect(alone.levels('daemon')).toEqual(['ok', 'error']);
  expect(alone.levels('handshake')).toEqual(['ok']);
  const secure = await doctor(...http, '--https-port', String(nextBase()), '--bind', '127.0.0.1');
  expect(secure.of('daemon')[1]).toMatchObject({
    level: 'error',
    message: expect.stringMatching(/^sidings runs, but does not answer with TLS on port/),
  });
  expect((await doctor(...http, '--no-tls', '--suffix', 'test')).of('daemon')).toMatchObject([
    { level: 'error', message: expect.stringContaining('no hostname under test') },
  ]);
});

test('another program on one loopback family of a port is named, also beside a daemon', async () => {
  const { folder, place, doctor } = await setUp();
  const port = nextBase();
  const other = await startListening(folder, { host: '::1', port });
  const args = ['--no-tls', '--http-port', String(port)];
  const inUse = {
    level: 'error',
    message: expect.stringMatching(new RegExp(`^Port ${port} on ::1 is in use by process ${other.pid} `)),
  };
  expect((await doctor(...args)).of('ports')).toMatchObject([{ level: 'ok' }, inUse]);
  await runningOn(place, args);
  const beside = await doctor(...args);
  expect(beside.of('ports')).toMatchObject([
    { level: 'ok', message: `Port ${port}: sidings answers on 127.0.0.1.` },
    inUse,
  ]);
  expect(beside.of('listeners')).toMatchObject([
    { level: 'warning', message: expect.stringContaining(`process ${other.pid} `) },
  ]);
});

const runningOn = (place: Parameters<typeof startSidings>[1], args: readonly string[]) =>
  startSidings([...args, '--bind', '127.0.0.1'], place);

test('with a certificate of one’s own, its maker is to be trusted', async (context) => {
  needs(context, 'curl');
  const { folder, place, doctor } = await setUp();
  const [cert, key] = [join(folder, 'own.pem'), join(folder, 'own-key.pem')];
  const own = selfSigned(['sidings.localhost']);
  await writeFile(cert, own.cert);
  await writeFile(key, own.key);
  const files = ['--tls-cert', cert, '--tls-key', key];
  const daemon = await startSidings(files, place);
  await standIn(folder, 'curl', `exec ${fileOf('curl')} "$@"`);
  const ports = ['--http-port', String(daemon.port), '--https-port', String(daemon.httpsPort)];
  const { of, levels } = await doctor(...ports, ...files);
  expect(levels('daemon')).toEqual(['ok', 'ok', 'ok']);
  expect(levels('root')).toEqual(['warning', 'warning']);
  expect(levels('trust')).toEqual(['ok']);
  expect(of('handshake')).toMatchObject([{ level: 'error', hint: expect.stringContaining('mkcert -install') }]);
});

// A namespace of its own is needed, whose loopback interface is down.
test.skipIf(process.platform !== 'linux' || !isRoot || fileOf('unshare') === undefined)(
  'a machine without a loopback interface is told so',
  async () => {
    const { folder, place } = await setUp();
    const program = fileOf('unshare') as string;
    await standIn(folder, 'node', `exec ${program} --net ${process.execPath} "$@"`);
    const cli = new URL('../../../dist/cli/sidings.js', import.meta.url).pathname;
    const { code, stdout } = await start(join(folder, 'tools/node'), [cli, 'doctor', '--no-tls', '--port', '1'], place)
      .ended;
    expect(stdout).toMatch(/^ERROR +loopback +127\.0\.0\.1 cannot be used: /m);
    expect(code).toBe(1);
  },
);

// Another user is needed to be without rights, and to act for.
test.skipIf(process.platform !== 'linux' || !isRoot)(
  'a port that needs root is wrong for a user, and not behind sudo, where the user still owns everything',
  async ({ skip }) => {
    const { home, tools } = await ordinaryHome();
    const user = { cwd: home, env: { PATH: tools, HOME: home } };
    const first = Number(await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    if (first < 2) skip('every user may bind every port here');
    // Nothing listens there on any machine.
    const args = ['doctor', '--json', '--no-tls', '--http-port', '1'];
    const levelOf = async (place: Parameters<typeof runCommand>[2]) => {
      const { stdout } = await runCommand('sidings', args, place);
      const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
      return findings.filter(({ check }) => check === 'ports').map(({ level, message }) => `${level}: ${message}`);
    };
    expect(await levelOf({ ...user, ...ordinary })).toEqual(['error: Port 1 may not be bound by this user.']);
    expect(await levelOf({ ...user, env: { ...user.env, ...sudoEnvironment } })).toEqual([
      'ok: Port 1 is free on 127.0.0.1 and ::1.',
    ]);
    expect(await readdir(home)).toEqual([]);
  },
);

test('a daemon whose hostnames end otherwise is known all the same', async () => {
  const { place, doctor } = await setUp();
  const suffix = ['--suffix', 'test'];
  const daemon = await startSidings(suffix, place);
  const ports = ['--http-port', String(daemon.port), '--https-port', String(daemon.httpsPort)];
  const { levels, of } = await doctor(...ports, ...suffix);
  expect([levels('ports'), levels('daemon')]).toEqual([
    ['ok', 'ok'],
    ['ok', 'ok', 'ok'],
  ]);
  expect(of('handshake')[0]).toMatchObject({ level: 'ok', message: expect.stringMatching(/^sidings\.test on /) });
});

test('what is no setting is an error before anything is looked at', async () => {
  const { place } = await setUp();
  expect(await runCommand('sidings', ['doctor', '--http-port', 'x', '--json'], place)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('"config-invalid"'),
  });
});
