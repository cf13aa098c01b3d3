import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { parse } from 'dotenv';
import { expect, test } from 'vitest';
import { openAuthority } from '../../../src/tls/authority.ts';
import { notes } from '../../support/copies.ts';
import { openCopies } from '../../support/stack-env.ts';

const names = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'];

const setUp = async (project: object = notes) => {
  const copies = await openCopies(['project-3'], project);
  const certificates = copies.path('certs');
  const variables = { SIDINGS_CERTS_DIR: certificates };
  return {
    copies,
    bundle: copies.path('certs/bundle.pem'),
    makeRoot: () => openAuthority({ folder: certificates, suffixes: ['localhost'] }),
    stackEnv: (args: readonly string[], env = {}) => copies.stackEnv('project-3', args, { ...variables, ...env }),
  };
};

const envOf = (stdout: string) => (JSON.parse(stdout) as { env: Record<string, string> }).env;

test('on request, the roots of the system and ours in one file, printed, written and run with', async () => {
  const { copies, bundle, makeRoot, stackEnv } = await setUp();
  const { root } = await makeRoot();
  const plain = envOf((await stackEnv(['--json'])).stdout);
  for (const name of names) expect(plain).not.toHaveProperty(name);

  const wanted = Object.fromEntries(names.map((name) => [name, bundle]));
  expect(envOf((await stackEnv(['--json', '--ca-bundle'])).stdout)).toEqual({ ...plain, ...wanted });
  const text = await readFile(bundle, 'utf8');
  expect(text.endsWith(root.certificate.toString())).toBe(true);
  expect(text.split('BEGIN CERTIFICATE').length).toBeGreaterThan(Math.min(50, rootCertificates.length));

  expect((await stackEnv(['write', '--ca-bundle'])).code).toBe(0);
  expect(parse(await readFile(copies.path('project-3/.env.local')))).toMatchObject(wanted);
  const printed = 'console.log(process.env.SSL_CERT_FILE)';
  for (const args of [
    ['run', '--ca-bundle'],
    ['--ca-bundle', 'run'],
  ])
    expect((await stackEnv([...args, '--', 'node', '-e', printed])).stdout).toBe(`${bundle}\n`);
});

test('without a root there is none to add, which is told; without TLS nothing is', async () => {
  const { stackEnv } = await setUp();
  const without = await stackEnv(['--json', '--ca-bundle']);
  expect(without).toMatchObject({ code: 0, stderr: expect.stringContaining('no root certificate') });
  expect(envOf(without.stdout)).not.toHaveProperty('SSL_CERT_FILE');
  expect(await stackEnv(['--ca-bundle'], { SIDINGS_TLS: '0' })).toMatchObject({ code: 0, stderr: '' });
});

test('what the user or the project has set stays, unless it is replaced', async () => {
  const project = { ...notes, env: { CURL_CA_BUNDLE: '/of/the/project.pem' } };
  const { bundle, makeRoot, stackEnv } = await setUp(project);
  await makeRoot();
  const own = { SSL_CERT_FILE: '/of/the/company.pem' };
  const kept = await stackEnv(['--json', '--ca-bundle'], own);
  expect(kept.code).toBe(0);
  expect(kept.stderr).toContain('eval "$(stack-env --ca-bundle --replace)"');
  expect(envOf(kept.stdout)).toMatchObject({ CURL_CA_BUNDLE: '/of/the/project.pem', REQUESTS_CA_BUNDLE: bundle });
  expect(envOf(kept.stdout)).not.toHaveProperty('SSL_CERT_FILE');
  const replaced = await stackEnv(['--json', '--ca-bundle', '--replace'], own);
  expect(envOf(replaced.stdout)).toMatchObject({ SSL_CERT_FILE: bundle });
});

test('a folder that cannot be written, or a root that cannot be read, is an error', async () => {
  const { copies, stackEnv } = await setUp();
  await copies.write('certs/root.pem/not-a-file', '');
  expect(await stackEnv(['--ca-bundle'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${copies.path('certs/root.pem')}: it is a folder`),
  });
  const { makeRoot, stackEnv: other, bundle, copies: others } = await setUp();
  await makeRoot();
  await others.write('certs/bundle.pem/not-a-file', '');
  expect(await other(['--ca-bundle'])).toMatchObject({ code: 1, stderr: expect.stringContaining(bundle) });
});
