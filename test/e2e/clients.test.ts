import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openAuthority } from '../../src/tls/authority.ts';
import { issueLeaf } from '../../src/tls/leaf.ts';
import { runCommand, startService, startSidings } from '../support/commands.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeCopies } from '../support/project-copies.ts';
import { needs } from '../support/requirements.ts';
import { type Outcome, runToEnd } from './run-to-end.ts';

interface Request {
  readonly hostname: string;
  readonly port: number;
  /** File with the root certificate; without it, the client trusts what it always does. */
  readonly root?: string | undefined;
}

interface Client {
  readonly name: string;
  readonly command: string;
  readonly ask: (request: Request) => Promise<Outcome>;
}

// Node and Python ask the system, which on many machines knows no names below localhost; so loopback is what they are told here.
const nodeProgram = `
require('node:dns').lookup = (_, { all }, done) =>
  process.nextTick(() => all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));
fetch(process.argv[1]).then((response) => response.text()).then(console.log, ({ cause }) => {
  console.log(cause);
  process.exitCode = 1;
});`;
const pythonProgram = `
import socket, sys, urllib.request
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: resolve('127.0.0.1', *more, **named)
print(urllib.request.urlopen(sys.argv[1]).read().decode())`;

const urlOf = ({ hostname, port }: Request): string => `https://${hostname}:${port}/`;
/** Where tools of the user's own, such as a version manager's Python, are found. */
const home = { HOME: process.env.HOME ?? '/' };

const clients: readonly Client[] = [
  {
    name: 'curl with --cacert',
    command: 'curl',
    ask: (request) => {
      const { hostname, port, root } = request;
      // It knows by itself that names below localhost are loopback.
      const other = hostname.endsWith('localhost') ? [] : ['--resolve', `${hostname}:${port}:127.0.0.1`];
      const trusted = root === undefined ? [] : ['--cacert', root];
      return runToEnd('curl', ['-q', '-sS', '--noproxy', '*', ...trusted, ...other, urlOf(request)]);
    },
  },
  {
    name: "Node's fetch with NODE_EXTRA_CA_CERTS",
    command: 'node',
    ask: (request) =>
      runToEnd(
        process.execPath,
        ['-e', nodeProgram, urlOf(request)],
        request.root === undefined ? {} : { NODE_EXTRA_CA_CERTS: request.root },
      ),
  },
  {
    name: "Python's urllib with SSL_CERT_FILE",
    command: 'python3',
    ask: (request) =>
      runToEnd('python3', ['-c', pythonProgram, urlOf(request)], {
        ...home,
        ...(request.root !== undefined && { SSL_CERT_FILE: request.root }),
      }),
  },
  {
    name: 'openssl s_client with -verify_return_error',
    command: 'openssl',
    ask: async ({ hostname, port, root }) => {
      const address = ['-connect', `127.0.0.1:${port}`, '-servername', hostname, '-verify_hostname', hostname];
      const trusted = root === undefined ? [] : ['-CAfile', root];
      return runToEnd('openssl', ['s_client', '-brief', '-verify_return_error', ...address, ...trusted]);
    },
  },
];

/** A server that stands in for somebody else, with a certificate of our root: what a thief of its key could make. */
const startImpostor = async (certificates: string, hostname: string): Promise<number> => {
  const { root } = await openAuthority({ folder: certificates, suffixes: ['localhost'] });
  const { cert, key } = await issueLeaf(root, hostname, Date.now());
  const server = createServer({ cert, key }, (_, response) => response.end('impostor'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const startAll = async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  await startService(copy.directory, copy.ports.web ?? 0, 'web of project-2');
  const { httpsPort } = await startSidings([], { cwd: copy.directory });
  const certificates = join(copy.directory, '.certs');
  return { copy, port: httpsPort, certificates, root: join(certificates, 'root.pem') };
};

for (const { name, command, ask } of clients)
  test(`${name} accepts all our names, and no others of this root`, async (context) => {
    needs(context, command);
    const { port, root, certificates } = await startAll();
    const accepted = command === 'openssl' ? /Verification: OK/ : /^web of project-2$/m;
    for (const form of ['project-2.web', 'web.project-2', 'project-2-web', 'project-2']) {
      const { code, output } = await ask({ hostname: `${form}.localhost`, port, root });
      expect([code, output], form).toEqual([0, expect.stringMatching(accepted)]);
    }
    for (const hostname of ['localhost', 'sidings.localhost']) {
      const { code, output } = await ask({ hostname, port, root });
      expect(code, output).toBe(0);
    }

    const impostor = await startImpostor(certificates, 'example.com');
    const refused = await ask({ hostname: 'example.com', port: impostor, root });
    expect(refused.output).toMatch(/permitted subtree/);
    expect(refused.output).not.toMatch(/impostor|Verification: OK/);
    expect(refused.code).not.toBe(0);

    const stranger = await ask({ hostname: 'project-2.web.localhost', port });
    expect(stranger.output).toMatch(/certificate/i);
    expect(stranger.code).not.toBe(0);
  });

test('a program that stack-env starts accepts our names by the environment that it got', async () => {
  const { copy, port } = await startAll();
  const url = urlOf({ hostname: 'project-2.web.localhost', port });
  const args = ['run', '--', process.execPath, '-e', nodeProgram, url];
  expect(await runCommand('stack-env', args, { cwd: copy.directory })).toMatchObject({
    code: 0,
    stdout: 'web of project-2\n',
  });
});
