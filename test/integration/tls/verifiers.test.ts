import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Authority, openAuthority } from '../../../src/tls/authority.ts';
import { issueLeaf } from '../../../src/tls/leaf.ts';
import { createSecureContexts } from '../../../src/tls/secure-contexts.ts';
import { lacks, run, startTlsServer, temporaryFolder } from './support.ts';

const suffixes = ['localhost', 'dev.example.com'];
const long = `${'x'.repeat(60)}.${'y'.repeat(60)}.localhost`;
const ours = ['localhost', 'project-3.web.localhost', 'tenant_1.project-3.web.localhost', 'a.dev.example.com', long];
const foreign = ['example.com', 'xdev.example.com', 'localhost.example.org'];

let folder = '';
let authority: Authority;
beforeEach(async () => {
  folder = await temporaryFolder();
  authority = await openAuthority({ folder, suffixes });
});

/** A file with a leaf for a name, whether it is one of ours or not: what a thief of the key could make. */
const leafFile = async (hostname: string) => {
  const { cert } = await issueLeaf(authority.root, hostname, Date.now());
  const file = join(folder, 'leaf.pem');
  await writeFile(file, cert);
  return file;
};

describe('OpenSSL, at its strictest', () => {
  const verify = async (hostname: string) => {
    const options = ['-x509_strict', '-check_ss_sig', '-purpose', 'sslserver', '-verify_hostname', hostname];
    return run('openssl', ['verify', ...options, '-CAfile', authority.file, await leafFile(hostname)]);
  };
  test.skipIf(lacks('openssl'))('accepts our names', async () => {
    for (const hostname of ours) expect(await verify(hostname)).toMatchObject({ code: 0 });
  });
  test.skipIf(lacks('openssl'))('refuses names that are not ours', async () => {
    for (const hostname of foreign) {
      expect(await verify(hostname)).toMatchObject({
        code: 2,
        output: expect.stringContaining('permitted subtree violation'),
      });
    }
  });
});

describe('GnuTLS', () => {
  const verify = async (hostname: string) => {
    const options = [
      '--verify-hostname',
      hostname,
      '--verify-purpose',
      '1.3.6.1.5.5.7.3.1',
      '--verify-profile',
      'high',
    ];
    const files = ['--load-ca-certificate', authority.file, '--infile', await leafFile(hostname)];
    return run('certtool', ['--verify', ...options, ...files]);
  };
  test.skipIf(lacks('certtool'))('accepts our names', async () => {
    for (const hostname of ours) expect(await verify(hostname)).toMatchObject({ code: 0 });
  });
  test.skipIf(lacks('certtool'))('refuses names that are not ours', async () => {
    for (const hostname of foreign) {
      expect(await verify(hostname)).toMatchObject({
        code: 1,
        output: expect.stringContaining("violates the signer's constraints"),
      });
    }
  });
});

describe('NSS', () => {
  const verify = async (hostname: string) => {
    const database = `sql:${join(folder, 'nss')}`;
    await run('mkdir', [join(folder, 'nss')]);
    await run('certutil', ['-N', '-d', database, '--empty-password']);
    await run('certutil', ['-A', '-d', database, '-n', 'root', '-t', 'C,,', '-i', authority.file]);
    await run('certutil', ['-A', '-d', database, '-n', hostname, '-t', ',,', '-i', await leafFile(hostname)]);
    return run('certutil', ['-V', '-d', database, '-n', hostname, '-u', 'V', '-e']);
  };
  test.skipIf(lacks('certutil'))('accepts our names', async () => {
    for (const hostname of ours) expect(await verify(hostname)).toMatchObject({ code: 0 });
  });
  test.skipIf(lacks('certutil'))('refuses names that are not ours', async () => {
    for (const hostname of foreign) {
      expect(await verify(hostname)).toMatchObject({
        code: 255,
        output: expect.stringMatching(/not permitted to issue a certificate with this name/),
      });
    }
  });
});

describe('clients over the network', () => {
  const start = async () => {
    const { root } = authority;
    const contexts = createSecureContexts({
      issue: (hostname) => issueLeaf(root, hostname, Date.now()),
      allowed: () => true,
      statusHostname: 'localhost',
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
    return (await startTlsServer({ SNICallback: contexts.sni })).port;
  };

  test.skipIf(lacks('openssl'))('openssl s_client', async () => {
    const port = await start();
    const connect = (name: string) =>
      run('openssl', [
        ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name, '-verify_hostname', name],
        ...['-CAfile', authority.file, '-verify_return_error'],
      ]);
    // Its exit code also says whether it could still write when the server closed, which is of no interest here.
    expect((await connect('project-3.web.localhost')).output).toContain('Verify return code: 0 (ok)');
    expect(await connect('example.com')).toMatchObject({
      code: 1,
      output: expect.stringContaining('permitted subtree'),
    });
  });

  test.skipIf(lacks('curl'))('curl', async () => {
    const port = await start();
    const get = (name: string) =>
      run('curl', [
        ...['-sS', '--http0.9', '--noproxy', '*', '--cacert', authority.file, '--resolve', `${name}:${port}:127.0.0.1`],
        `https://${name}:${port}/`,
      ]);
    expect(await get('project-3.web.localhost')).toEqual({ code: 0, output: 'hello' });
    expect(await get('example.com')).toMatchObject({ code: 60, output: expect.stringContaining('permitted subtree') });
  });

  test.skipIf(lacks('python3'))('Python, at its strictest', async () => {
    const port = await start();
    const program = `import socket, ssl, sys
context = ssl.create_default_context()
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(('127.0.0.1', ${port})) as plain:
  with context.wrap_socket(plain, server_hostname=sys.argv[1]) as secure: print(secure.recv(9))`;
    const get = (name: string) => run('python3', ['-c', program, name], { SSL_CERT_FILE: authority.file });
    expect(await get('project-3.web.localhost')).toEqual({ code: 0, output: "b'hello'\n" });
    expect(await get('example.com')).toMatchObject({ code: 1, output: expect.stringContaining('permitted subtree') });
  });

  test('Node with NODE_EXTRA_CA_CERTS', async () => {
    const port = await start();
    const program = `const servername = process.argv[1];
      require('tls').connect({ port: ${port}, host: '127.0.0.1', servername })
        .on('error', (error) => { console.log(error.message); process.exitCode = 1 })
        .on('data', (data) => console.log(String(data)))`;
    const get = (name: string) => run(process.execPath, ['-e', program, name], { NODE_EXTRA_CA_CERTS: authority.file });
    expect(await get('project-3.web.localhost')).toEqual({ code: 0, output: 'hello\n' });
    expect(await get('example.com')).toEqual({ code: 1, output: 'permitted subtree violation\n' });
  });
});
