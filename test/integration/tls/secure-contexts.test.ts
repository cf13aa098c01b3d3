import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openAuthority } from '../../../src/tls/authority.ts';
import { type Certificate, issueLeaf } from '../../../src/tls/leaf.ts';
import { readOwnCertificate } from '../../../src/tls/own-certificate.ts';
import { dayMs } from '../../../src/tls/root.ts';
import { createSecureContexts, type Issue, type SecureContextsOptions } from '../../../src/tls/secure-contexts.ts';
import { clientHello, serverName, serverNames } from '../../support/client-hello.ts';
import { eventually } from '../../support/raw.ts';
import { handshake, startTlsServer, temporaryFolder } from './support.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const open = async () => {
  const { root, file } = await openAuthority({ folder: await temporaryFolder(), suffixes: ['localhost'] });
  return { root, ca: await readFile(file, 'utf8') };
};

/** Secure contexts that count what they issue, and a TLS server that uses them. */
const start = async (options: Partial<SecureContextsOptions> = {}, authority?: Awaited<ReturnType<typeof open>>) => {
  const { root, ca } = authority ?? (await open());
  const issue = vi.fn<Issue>((hostname) => issueLeaf(root, hostname, Date.now()));
  const contexts = createSecureContexts({
    issue,
    allowed: (hostname) => hostname === 'localhost' || hostname.endsWith('.localhost'),
    statusHostname: 'localhost',
    log: silent,
    ...options,
  });
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const { server, port } = await startTlsServer({ SNICallback: contexts.sni });
  await contexts.keepDefault((certificate) => server.setSecureContext(certificate), ended.signal);
  issue.mockClear();
  return { contexts, server, port, ca, issue };
};

test('a name of ours gets a certificate for exactly that name, which the root vouches for', async () => {
  const { port, ca } = await start();
  const certificate = await handshake(port, { ca, servername: 'project-3.web.localhost' });
  expect(certificate.subjectaltname).toBe('DNS:project-3.web.localhost');
});

test('without the root, nobody accepts it', async () => {
  const { port } = await start();
  const { ca } = await open();
  await expect(handshake(port, { ca, servername: 'project-3.web.localhost' })).rejects.toMatchObject({
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
});

test('a client that asks for no name gets the certificate of the status host', async () => {
  const { port, ca, issue } = await start();
  const certificate = await handshake(port, { ca, servername: '', checkName: 'localhost' });
  expect(certificate.subjectaltname).toBe('DNS:localhost');
  expect(issue).not.toHaveBeenCalled();
});

test('other names are refused in the handshake, and nothing is issued for them', async () => {
  const { port, ca, issue } = await start();
  for (const servername of [
    'example.com',
    'localhost.example.com',
    'xlocalhost',
    '*.localhost',
    'a..localhost',
    '../a.localhost',
  ]) {
    await expect(handshake(port, { ca, servername })).rejects.toThrow();
  }
  expect(issue).not.toHaveBeenCalled();
  await expect(handshake(port, { ca, servername: 'still-alive.localhost' })).resolves.toBeDefined();
});

test.each<[string, Buffer]>([
  ['NUL in a name', serverNames(serverName('a\0.localhost'))],
  ['NUL behind a name', serverNames(serverName('a.localhost\0'))],
  ['NUL alone', serverNames(serverName('\0'))],
  ['a way out of a folder', serverNames(serverName('../../a.localhost'))],
  ['a way out of a folder in the middle', serverNames(serverName('a/../b.localhost'))],
  ['a backslash', serverNames(serverName('a\\b.localhost'))],
  ['CR LF', serverNames(serverName('a\r\nb.localhost'))],
  ['a space', serverNames(serverName('a b.localhost'))],
  ['a name of 300 characters', serverNames(serverName(`${'a'.repeat(290)}.localhost`))],
  ['a name of 250 labels', serverNames(serverName(`${'a.'.repeat(250)}localhost`))],
  ['a label of 64 characters', serverNames(serverName(`${'a'.repeat(64)}.localhost`))],
  ['a name of 16 KB', serverNames(serverName('a'.repeat(16_000)))],
  ['__proto__', serverNames(serverName('__proto__'))],
  ['constructor', serverNames(serverName('constructor'))],
  ['a dot', serverNames(serverName('.'))],
  ['characters beyond ASCII', serverNames(serverName('caf\xe9.localhost'))],
  ['an address', serverNames(serverName('127.0.0.1'))],
  ['two names', serverNames(serverName('a.localhost'), serverName('b.localhost'))],
  ['no names', serverNames()],
  ['the list twice', Buffer.concat([serverNames(serverName('a.localhost')), serverNames(serverName('b.localhost'))])],
])('%s in what a client asks for: refused, and nothing is issued', async (_name, names) => {
  const { port, ca, issue } = await start();
  const firstByte = async (hello: Buffer): Promise<number | undefined> => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => {}).write(hello);
    return new Promise((resolve) => {
      socket.once('data', (data) => resolve(data[0])).once('close', () => resolve(undefined));
    });
  };
  const alert = 21;
  const handshaking = 22;
  expect([alert, undefined]).toContain(await firstByte(clientHello(names)));
  expect(issue).not.toHaveBeenCalled();
  expect(await firstByte(clientHello(serverNames(serverName('a.localhost'))))).toBe(handshaking);
  await expect(handshake(port, { ca, servername: 'still-alive.localhost' })).resolves.toBeDefined();
});

test('a name is one name, however it is written', async () => {
  const { contexts, issue } = await start();
  const context = await contexts.contextFor('a.localhost');
  expect(await contexts.contextFor('A.LocalHost')).toBe(context);
  expect(await contexts.contextFor('a.localhost.')).toBe(context);
  expect(issue.mock.calls).toEqual([['a.localhost']]);
});

test('a hundred first visits at once are one issue', async () => {
  const { port, ca, issue } = await start();
  const visits = Array.from({ length: 100 }, () => handshake(port, { ca, servername: 'project-3.web.localhost' }));
  const serials = new Set((await Promise.all(visits)).map(({ serialNumber }) => serialNumber));
  expect(serials.size).toBe(1);
  expect(issue).toHaveBeenCalledTimes(1);
});

test('more names at once than there is room for all get their certificates, and the oldest make room', async () => {
  const { contexts, issue } = await start({ max: 3 });
  const names = Array.from({ length: 20 }, (_, index) => `p${index}.localhost`);
  expect((await Promise.all(names.map(contexts.contextFor))).length).toBe(20);
  expect(issue).toHaveBeenCalledTimes(20);
  for (const name of ['p0.localhost', 'p1.localhost', 'p2.localhost', 'p3.localhost']) await contexts.contextFor(name);
  issue.mockClear();
  await contexts.contextFor('p3.localhost');
  expect(issue).not.toHaveBeenCalled();
  await contexts.contextFor('p0.localhost');
  expect(issue).toHaveBeenCalledTimes(1);
});

test('a leaf is replaced before it ends, and not earlier', async () => {
  let time = Date.now();
  const { root } = await open();
  const issue = vi.fn<Issue>((hostname) => issueLeaf(root, hostname, time));
  const { contexts } = await start({ issue, now: () => time });
  issue.mockClear();
  const context = await contexts.contextFor('a.localhost');
  time += 59 * dayMs;
  expect(await contexts.contextFor('a.localhost')).toBe(context);
  time += 2 * dayMs;
  expect(await contexts.contextFor('a.localhost')).not.toBe(context);
  expect(issue).toHaveBeenCalledTimes(2);
});

test('a clock that is set back makes what was issued before invalid for now, and it is issued again', async () => {
  const { root } = await open();
  let time = Date.now() + 40 * dayMs;
  const issue = vi.fn<Issue>((hostname) => issueLeaf(root, hostname, time));
  const { contexts } = await start({ issue, now: () => time, checkMs: 5 });
  issue.mockClear();
  const early = await contexts.contextFor('a.localhost');
  // As much as a certificate is backdated.
  time -= dayMs;
  expect(await contexts.contextFor('a.localhost')).toBe(early);
  time -= 39 * dayMs;
  const valid = await contexts.contextFor('a.localhost');
  expect(valid).not.toBe(early);
  expect(await contexts.contextFor('a.localhost')).toBe(valid);
  await eventually(() => issue.mock.calls.length === 3, 'a new default certificate');
  expect(issue.mock.calls.map(([name]) => name).sort()).toEqual(['a.localhost', 'a.localhost', 'localhost']);
});

test('what cannot be issued fails its handshake only, is tried again, and never ends the process', async () => {
  const { root } = await open();
  let broken: (() => Promise<Certificate>) | undefined;
  const { port, ca, contexts } = await start({
    issue: (hostname) => (broken === undefined ? issueLeaf(root, hostname, Date.now()) : broken()),
    allowed: (hostname) => {
      if (hostname === 'throws.localhost') throw new Error('a broken rule');
      return true;
    },
  });
  broken = () => {
    throw new Error('thrown');
  };
  await expect(handshake(port, { ca, servername: 'a.localhost' })).rejects.toThrow();
  broken = () => Promise.reject('rejected with a text');
  await expect(handshake(port, { ca, servername: 'a.localhost' })).rejects.toThrow();
  broken = () => Promise.resolve({ cert: 'no certificate', key: 'no key', renewAt: undefined, validFrom: undefined });
  await expect(handshake(port, { ca, servername: 'a.localhost' })).rejects.toThrow();
  await expect(handshake(port, { ca, servername: 'throws.localhost' })).rejects.toThrow();
  broken = undefined;
  await expect(contexts.contextFor('a.localhost')).resolves.toBeDefined();

  const answered = await new Promise((resolve) => contexts.sni('throws.localhost', (error) => resolve(error)));
  expect(answered).toBeInstanceOf(Error);
});

test('a new root is used at once, for every name and for clients that ask for none', async () => {
  const { contexts, port, ca } = await start();
  await handshake(port, { ca, servername: 'a.localhost' });
  const next = await open();
  contexts.use((hostname) => issueLeaf(next.root, hostname, Date.now()));
  await expect(handshake(port, { ca: next.ca, servername: 'a.localhost' })).resolves.toBeDefined();
  await expect(handshake(port, { ca, servername: 'a.localhost' })).rejects.toThrow();
  await eventually(() =>
    handshake(port, { ca: next.ca, servername: '', checkName: 'localhost' }).then(
      () => true,
      () => false,
    ),
  );
});

test('what the old root was issuing when the new one came is not kept', async () => {
  const [old, next] = [await open(), await open()];
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: Issue = async (hostname) => {
    if (hostname !== 'localhost') await gate;
    return issueLeaf(old.root, hostname, Date.now());
  };
  const { contexts, port } = await start({ issue: slow });
  const early = contexts.contextFor('a.localhost');
  contexts.use((hostname) => issueLeaf(next.root, hostname, Date.now()));
  release();
  await early;
  await expect(handshake(port, { ca: next.ca, servername: 'a.localhost' })).resolves.toBeDefined();
});

test('the default certificate is renewed before it ends, until the signal', async () => {
  let time = Date.now();
  const { root } = await open();
  const issue = vi.fn<Issue>((hostname) => issueLeaf(root, hostname, time));
  const contexts = createSecureContexts({
    issue,
    allowed: () => true,
    statusHostname: 'sidings.localhost',
    log: silent,
    now: () => time,
    checkMs: 2,
  });
  const ended = new AbortController();
  const apply = vi.fn();
  await contexts.keepDefault(apply, ended.signal);
  expect(apply).toHaveBeenCalledTimes(1);
  expect(issue).toHaveBeenCalledWith('sidings.localhost');
  createSecureContext(apply.mock.calls[0]?.[0]);
  time += 61 * dayMs;
  await eventually(() => apply.mock.calls.length === 2);
  ended.abort();
  contexts.use(issue);
  time += 61 * dayMs;
  await contexts.contextFor('a.localhost');
  expect(apply).toHaveBeenCalledTimes(2);
});

test('a default certificate that cannot be renewed is told to the log', async () => {
  const { root } = await open();
  const error = vi.fn();
  const contexts = createSecureContexts({
    issue: (hostname) => issueLeaf(root, hostname, Date.now()),
    allowed: () => true,
    statusHostname: 'localhost',
    log: { ...silent, error },
  });
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  await contexts.keepDefault(() => {}, ended.signal);
  contexts.use(() => Promise.reject(new Error('broken')));
  await eventually(() => error.mock.calls.length === 1);
});

test('a certificate of one’s own is used for every name', async () => {
  const authority = await open();
  const folder = await temporaryFolder();
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const { cert, key } = await issueLeaf(authority.root, 'a.localhost', Date.now());
  await writeFile(files.cert, cert);
  await writeFile(files.key, key);
  const own = await readOwnCertificate(files);
  const { port, ca } = await start({ issue: async () => own }, authority);
  const { serialNumber } = await handshake(port, { ca, servername: 'a.localhost' });
  expect((await handshake(port, { ca, servername: '', checkName: 'a.localhost' })).serialNumber).toBe(serialNumber);
  await expect(handshake(port, { ca, servername: 'b.localhost' })).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

test('a certificate of one’s own that cannot be used is refused with the reason', async () => {
  const { root } = await open();
  const folder = await temporaryFolder();
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const reasonOf = () =>
    readOwnCertificate(files).then(
      () => undefined,
      (error) => [error.code, error.exitCode, error.message.replaceAll(folder, '')],
    );
  const refused = (message: string) => ['own-certificate-invalid', 2, message];

  expect(await reasonOf()).toEqual(refused('/cert.pem: it cannot be read: no such file or folder.'));
  const one = await issueLeaf(root, 'a.localhost', Date.now());
  const other = await issueLeaf(root, 'a.localhost', Date.now());
  await writeFile(files.cert, 'nonsense');
  await writeFile(files.key, other.key);
  expect(await reasonOf()).toEqual(refused('/cert.pem: it holds no certificate in PEM.'));
  await writeFile(files.cert, one.cert);
  expect(await reasonOf()).toEqual(refused('/key.pem: it is not the key of /cert.pem.'));
  await writeFile(files.key, one.cert);
  expect(await reasonOf()).toEqual(refused('/key.pem: it holds no private key in PEM without a passphrase.'));
  await writeFile(files.key, one.key);
  expect(await reasonOf()).toBeUndefined();
  const end = await readOwnCertificate(files, Date.now() + 91 * dayMs).catch((error) => error);
  expect(end.message).toMatch(/it ended on \d{4}-\d\d-\d\d\.$/);
});
