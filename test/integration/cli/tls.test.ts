import { readdir, readFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { ask, runCommand, startService, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';

interface Secure {
  readonly port: number;
  readonly ca: string;
}

/** A page by HTTP/1.1 over TLS. */
const get = ({ port, ca }: Secure, hostname: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      ca,
      servername: hostname,
      headers: { host: `${hostname}:${port}` },
      agent: false,
    });
    outgoing.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.end();
  });

/** A page by HTTP/2, on a connection that was opened for another name. */
const getHttp2 = async ({ port, ca }: Secure, servername: string, authority: string): Promise<string> => {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, servername });
  onTestFinished(() => session.destroy());
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ':path': '/', ':authority': authority });
    let text = '';
    stream.on('data', (data) => {
      text += data;
    });
    stream.on('end', () => resolve(text)).on('error', reject);
  });
};

/** The names in the certificate that a server shows to somebody who asks for a name. */
const shake = ({ port, ca }: Secure, servername: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername }, () => {
      resolve(String(socket.getPeerCertificate().subjectaltname));
      socket.destroy();
    });
    socket.on('error', reject);
  });

test('all names of all copies are reached by TLS with the root alone, also those that are down', async () => {
  const folder = await temporaryFolder();
  const [second, third] = await makeCopies(folder, ['project-2', 'project-3']);
  if (second === undefined || third === undefined) throw new Error('no copies');
  await startService(second.directory, second.ports.web ?? 0, 'web of project-2');
  const place = { cwd: second.directory };
  const sidings = await startSidings([], place);
  const ca = await readFile(join(second.directory, '.certs/root.pem'), 'utf8');
  const secure = { port: sidings.httpsPort, ca };

  for (const name of ['project-2.web', 'web.project-2', 'project-2-web', 'project-2'])
    expect(await get(secure, `${name}.localhost`)).toEqual({ status: 200, text: 'web of project-2' });
  expect((await get(secure, 'project-3.web.localhost')).status).toBe(502);
  expect((await get(secure, 'project-9.web.localhost')).status).toBe(404);
  expect((await get(secure, 'sidings.localhost')).text).toContain('<title>');
  expect(await getHttp2(secure, 'localhost', 'web.project-2.localhost')).toBe('web of project-2');
  expect(await shake(secure, 'web.project-2.localhost')).toBe('DNS:web.project-2.localhost');
  await expect(shake(secure, 'example.com')).rejects.toThrow();
  await expect(shake({ ...secure, ca: '' }, 'web.project-2.localhost')).rejects.toThrow(/certificate/);

  // Page loads in clear text are sent there; programs are not.
  const load = { headers: { 'upgrade-insecure-requests': '1' } };
  const sent = await ask(sidings.port, 'web.project-2.localhost', '/a?b=c', load);
  expect([sent.status, sent.headers.location]).toEqual([
    308,
    `https://web.project-2.localhost:${sidings.httpsPort}/a?b=c`,
  ]);
  expect((await ask(sidings.port, 'web.project-2.localhost')).text).toBe('web of project-2');

  // The environment of a copy names the root, and the addresses of its services.
  const { env } = JSON.parse((await runCommand('stack-env', ['--json'], place)).stdout) as {
    env: Record<string, string>;
  };
  expect(env.NODE_EXTRA_CA_CERTS).toBe(join(second.directory, '.certs/root.pem'));
});

test('one port speaks both, and without TLS there is no root', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  await startService(copy.directory, copy.ports.web ?? 0, 'web');
  const clear = await startSidings(['--no-tls'], { cwd: copy.directory });
  expect(clear.ready.https).toBe(undefined);
  expect(clear.ready.status).toBe(`http://localhost:${clear.port}`);
  expect((await ask(clear.port, 'project-2.web.localhost')).text).toBe('web');
  await expect(readFile(join(copy.directory, '.certs/root.pem'))).rejects.toThrow(/ENOENT/);
  clear.child.kill('SIGTERM');
  expect(await clear.ended).toMatchObject({ code: 0 });

  // The port that was free a moment ago.
  const port = String(clear.port);
  const both = await startSidings(['--http-port', port, '--https-port', port], { cwd: copy.directory });
  const ca = await readFile(join(copy.directory, '.certs/root.pem'), 'utf8');
  expect((await ask(both.port, 'project-2.web.localhost')).text).toBe('web');
  expect(await get({ port: both.httpsPort, ca }, 'project-2.web.localhost')).toEqual({ status: 200, text: 'web' });
});

test('hundreds of names that nobody has asked for: each gets its certificate, others are answered meanwhile, nothing is kept on the disk', async () => {
  const [copy] = await makeCopies(await temporaryFolder(), ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  await startService(copy.directory, copy.ports.web ?? 0, 'web');
  const sidings = await startSidings(['--https-port', '0', '--no-docker'], { cwd: copy.directory });
  const folder = join(copy.directory, '.certs');
  const secure = { port: sidings.httpsPort, ca: await readFile(join(folder, 'root.pem'), 'utf8') };
  const before = await readdir(folder, { recursive: true });
  let [shaken, answered] = [0, 0];
  const names = Array.from({ length: 150 }, (_, index) => `n${index}.project-2.localhost`);
  const visits = Promise.all(
    names.map(async (name) => {
      expect(await shake(secure, name)).toBe(`DNS:${name}`);
      shaken += 1;
    }),
  );
  while (shaken < names.length) {
    expect((await ask(sidings.port, 'project-2.web.localhost')).text).toBe('web');
    if (shaken > 0 && shaken < names.length) answered += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await visits;
  expect(answered).toBeGreaterThan(0);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});
