import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claimsCheck } from '../../../src/cli/sidings/doctor/claims.ts';
import type { Check, Finding, Scene } from '../../../src/cli/sidings/doctor/finding.ts';
import { handshakeCheck } from '../../../src/cli/sidings/doctor/handshake.ts';
import { listenersCheck } from '../../../src/cli/sidings/doctor/listeners.ts';
import { namesCheck } from '../../../src/cli/sidings/doctor/names.ts';
import { portCheck } from '../../../src/cli/sidings/doctor/ports.ts';
import { rootCheck } from '../../../src/cli/sidings/doctor/root.ts';
import { trustCheck } from '../../../src/cli/sidings/doctor/trust.ts';
import { SidingsError } from '../../../src/model/problem.ts';
import { rootCertificateFile } from '../../../src/model/root-certificate.ts';
import type { Workstream } from '../../../src/model/workstream.ts';
import { openAuthority } from '../../../src/tls/authority.ts';
import { addGeneration, prepareFolder, replaceFile } from '../../../src/tls/certificate-folder.ts';
import { createRoot, dayMs } from '../../../src/tls/root.ts';
import { selfSigned } from '../../support/certificate.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { nextBase } from '../../support/project-copies.ts';
import { debianStore, sceneIn, standIn } from '../../support/scene.ts';
import { startListening } from '../registry/processes.ts';

const look = async ({ look }: Check, scene: Scene): Promise<readonly Finding[]> => {
  try {
    return await look(scene);
  } catch (error) {
    if (!(error instanceof SidingsError)) throw error;
    return [{ level: 'error', message: error.message, hint: error.hint }];
  }
};

const workstream = (port: number): Workstream => ({
  name: 'project-2',
  project: 'project',
  mode: 'workstream',
  slot: 2,
  directory: '/project-2',
  live: true,
  problems: [],
  services: [{ name: 'web', kind: 'http', port, state: 'up', provider: 'directory', upstream: '', urls: [] }],
});

const years = 365 * dayMs;

/** A certificate folder with a root that was made a while ago. */
const rootOfAge = async (folder: string, age: number): Promise<void> => {
  const certs = join(folder, 'certs');
  const pair = createRoot({ owner: 'ada@host', suffixes: ['localhost'], now: Date.now() - age });
  await prepareFolder(certs);
  await addGeneration(certs, 1, pair);
  await replaceFile(rootCertificateFile(certs), pair.certificate);
};

describe('the root', () => {
  test('a good one is said with its folder and its end', async () => {
    const folder = await temporaryFolder();
    expect(await look(rootCheck, await sceneIn(folder))).toMatchObject([
      { level: 'warning', message: expect.stringContaining(join(folder, 'certs')) },
    ]);
    await rootOfAge(folder, 0);
    const [finding, ...others] = await look(rootCheck, await sceneIn(folder));
    expect(finding).toMatchObject({ level: 'ok' });
    expect(finding?.message).toMatch(new RegExp(`${folder}/certs is good until 20\\d\\d-\\d\\d-\\d\\d\\.$`));
    expect(others).toEqual([]);
    expect(await look(rootCheck, await sceneIn(folder, { flags: { suffix: ['test'] } }))).toMatchObject([
      { level: 'warning', message: expect.stringContaining('suffix test') },
    ]);
  });

  test.each([
    ['ended', 11 * years, 'error', 'it ended on'],
    ['ends soon', 10 * years - 30 * dayMs, 'warning', 'it ends on'],
    ['is not valid yet', -3 * dayMs, 'error', 'valid only from'],
  ])('one that %s is told', async (_, age, level, text) => {
    const folder = await temporaryFolder();
    await rootOfAge(folder, age);
    expect(await look(rootCheck, await sceneIn(folder))).toMatchObject([
      { level, message: expect.stringContaining(text) },
    ]);
  });

  test('what is damaged, lost, old or open to others is told', async () => {
    const folder = await temporaryFolder();
    const certs = join(folder, 'certs');
    await rootOfAge(folder, 0);
    const scene = await sceneIn(folder);
    const messages = async () => (await look(rootCheck, scene)).map(({ level, message }) => `${level}: ${message}`);

    await rename(join(certs, 'root.pem'), join(certs, 'other.pem'));
    expect(await messages()).toEqual([
      expect.stringMatching(/^ok: /),
      expect.stringMatching(/^error: .*root\.pem is not the newest/),
    ]);
    await rename(join(certs, 'other.pem'), join(certs, 'root.pem'));

    const key = join(certs, 'root-1/key.pem');
    const text = await readFile(key, 'utf8');
    await rm(key);
    await writeFile(key, text, { mode: 0o644 });
    expect(await messages()).toEqual([
      expect.stringMatching(/^ok: /),
      expect.stringMatching(/^warning: .* can read .*key\.pem/),
    ]);
    await writeFile(key, selfSigned(['localhost']).key, { mode: 0o600 });
    expect((await messages())[0]).toMatch(/^error: .*the key does not belong to the certificate/);
    await writeFile(key, '');
    expect(await messages()).toEqual([expect.stringMatching(/^error: .*it is not a private key/)]);
    await rm(join(certs, 'root-1'), { recursive: true });
    expect(await messages()).toEqual([expect.stringMatching(/^error: .*its key is missing/)]);
  });

  test('a certificate of one’s own is looked at instead', async () => {
    const folder = await temporaryFolder();
    const files = { cert: join(folder, 'own.pem'), key: join(folder, 'own-key.pem') };
    const scene = { ...(await sceneIn(folder, { workstreams: [workstream(1)] })) };
    const own = { ...scene, settings: { ...scene.settings, tls: files } };
    expect(await look(rootCheck, own)).toMatchObject([
      { level: 'error', message: expect.stringContaining(files.cert) },
    ]);
    const { cert, key } = selfSigned(['sidings.localhost', '*.project-2.localhost']);
    await writeFile(files.cert, cert);
    await writeFile(files.key, key);
    // It is good for an hour, and not for `project-2-web.localhost` and `project-2.web.localhost`.
    expect(await look(rootCheck, own)).toMatchObject([
      { level: 'warning', message: expect.stringContaining('ends on') },
      { level: 'warning', message: expect.stringContaining('2 of 4 names, such as project-2-web.localhost') },
    ]);
    expect(await look(trustCheck, own)).toMatchObject([{ level: 'ok' }]);
    expect(await look(rootCheck, await sceneIn(folder, { flags: { tls: false } }))).toMatchObject([{ level: 'ok' }]);
  });
});

test('a store that lacks the root is wrong, one that holds it is not, and Java is told', async () => {
  const folder = await temporaryFolder();
  const scene = await sceneIn(folder);
  await debianStore(folder, '');
  expect(await look(trustCheck, scene)).toEqual([]);
  const { file } = await openAuthority({ folder: join(folder, 'certs'), suffixes: ['localhost'] });
  expect(await look(trustCheck, scene)).toEqual([
    {
      level: 'error',
      message: 'the system (Debian, Ubuntu): the root is not trusted.',
      hint: 'Run: sidings trust',
    },
  ]);
  await debianStore(folder, await readFile(file, 'utf8'));
  await standIn(folder, 'keytool', 'exit 1');
  expect(await look(trustCheck, scene)).toMatchObject([
    { level: 'ok', message: 'the system (Debian, Ubuntu): trusted' },
    { level: 'warning', hint: expect.stringContaining(`${folder}/tools/keytool -importcert`) },
  ]);
  await mkdir(join(folder, '.pki/nssdb'), { recursive: true });
  expect(await look(trustCheck, scene)).toContainEqual(
    expect.objectContaining({ level: 'warning', hint: expect.stringContaining('apt-get install libnss3-tools') }),
  );
});

test('a name that nothing resolves, and a curl that is too old', async () => {
  const folder = await temporaryFolder();
  // No resolver knows a name under it (RFC 6761).
  const scene = await sceneIn(folder, { flags: { suffix: ['invalid'] } });
  expect(await look(namesCheck, scene)).toMatchObject([
    { level: 'error', message: expect.stringContaining('getaddrinfo does not resolve sidings.invalid') },
    { level: 'ok', message: 'curl is not installed, so it was not tried.' },
  ]);
  const calls = join(folder, 'calls');
  await standIn(
    folder,
    'curl',
    `echo "$@" >> '${calls}'; [ "$1" = --version ] && echo 'curl 7.74.0 (x86_64-pc-linux-gnu)' && exit 0; exit 6`,
  );
  const [, curl] = await look(namesCheck, await sceneIn(folder));
  expect(curl).toEqual({
    level: 'warning',
    message: 'curl 7.74.0 does not resolve sidings.localhost, which it does from 7.85 on.',
    hint: 'Run: sidings hosts sync',
  });
  expect(await readFile(calls, 'utf8')).toContain('http://sidings.localhost:1/');
  const [, strict] = await look(namesCheck, scene);
  expect(strict).toMatchObject({ level: 'error', message: 'curl 7.74.0 does not resolve sidings.invalid.' });
});

test('claims of folders that are gone are told, and a damaged file', async () => {
  const folder = await temporaryFolder();
  const scene = await sceneIn(folder);
  expect(await look(claimsCheck, scene)).toMatchObject([{ level: 'ok', message: expect.stringMatching(/^0 claimed/) }]);
  const claim = (slot: number) => ({ project: 'project', slot, composeProject: `project-${slot}` });
  await mkdir(join(folder, 'state'));
  const file = join(folder, 'state/slots.json');
  const gone = join(folder, 'gone');
  await writeFile(file, JSON.stringify({ version: 1, claims: { [folder]: claim(60), [gone]: claim(61) } }));
  expect(await look(claimsCheck, scene)).toMatchObject([
    {
      level: 'warning',
      message: `Slot 61 of project is held for ${gone}, which is gone.`,
      hint: expect.stringContaining(file),
    },
  ]);
  await writeFile(file, '{');
  expect(await look(claimsCheck, scene)).toMatchObject([
    { level: 'error', message: expect.stringContaining(`${file} is damaged`) },
  ]);
});

describe.skipIf(process.platform !== 'linux')('listeners', () => {
  test('of two programs on one of our ports, the one in front is named', async () => {
    const folder = await temporaryFolder();
    const port = nextBase();
    const front = await startListening(folder, { port });
    const scene = await sceneIn(folder, { workstreams: [workstream(port)] });
    expect(await look(listenersCheck, scene)).toMatchObject([{ level: 'ok' }]);
    const behind = await startListening(folder, { host: '::', port, ipv6Only: true });
    const [finding, ...others] = await look(listenersCheck, scene);
    expect(finding).toMatchObject({ level: 'error' });
    expect(finding?.message).toMatch(
      new RegExp(
        `^Port ${port} \\(web of project-2\\): process ${front.pid} .* front of process ${behind.pid} .*::\\.$`,
      ),
    );
    expect(others).toEqual([]);
    await behind.stop();
    const beside = await startListening(folder, { host: '::1', port });
    expect(await look(listenersCheck, scene)).toMatchObject([
      { level: 'warning', message: expect.stringContaining(`process ${beside.pid} `) },
    ]);
    // On a port that is none of ours, they are none of our business.
    expect(await look(listenersCheck, await sceneIn(folder))).toMatchObject([{ level: 'ok' }]);
  });

  test('who holds a port of the proxy is named', async () => {
    const folder = await temporaryFolder();
    const port = nextBase();
    const holder = await startListening(folder, { port });
    const flags = { port: String(port), bind: ['127.0.0.1'] };
    expect(await look(portCheck, await sceneIn(folder, { flags }))).toMatchObject([
      {
        level: 'error',
        message: expect.stringContaining(`Port ${port} on 127.0.0.1 is in use by process ${holder.pid} (`),
      },
    ]);
    await holder.stop();
    expect(await look(portCheck, await sceneIn(folder, { flags }))).toEqual([
      { level: 'ok', message: `Port ${port} is free on 127.0.0.1.` },
    ]);
    expect(await look(portCheck, await sceneIn(folder, { flags: { httpPort: '0' } }))).toMatchObject([{ level: 'ok' }]);
    expect(await look(portCheck, await sceneIn(folder, { flags: { ...flags, bind: ['192.0.2.1'] } }))).toMatchObject([
      { level: 'error', message: expect.stringContaining('192.0.2.1 cannot be bound') },
    ]);
  });
});

test('a program that holds the port and says nothing of TLS is not tried', async () => {
  const folder = await temporaryFolder();
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const scene = await sceneIn(folder, { flags: { port: String(port) } });
  expect(await look(handshakeCheck, scene)).toMatchObject([
    { level: 'ok', message: expect.stringMatching(/^Not tried/) },
  ]);
});
