import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask, runCommand, startService, startSidings, terminate } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';

/** All that is in a folder, with its mode; what follows from the path of the folder is `HASH`. */
const modesIn = async (folder: string): Promise<Record<string, string>> => {
  const names = (await readdir(folder, { recursive: true })).sort();
  const entries = names.map(async (name) => {
    const { mode } = await stat(join(folder, name));
    return [name.replaceAll(/-[0-9a-z]{6,}(?=\/|$)/g, '-HASH'), (mode & 0o777).toString(8)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

test('what docs/security.md lists is written, with these modes whatever the umask, and nothing else is', async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['feature']);
  if (copy === undefined) throw new Error('no copy');
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const place = { cwd: copy.directory, env: { TMPDIR: temporary } };
  const before = process.umask(0);
  onTestFinished(() => {
    process.umask(before);
  });

  const sidings = await startSidings(['--https-port', '0', '--no-docker'], place);
  const flags = ['--http-port', String(sidings.port), '--https-port', String(sidings.httpsPort)];
  const { services } = JSON.parse((await ask(sidings.port, 'localhost', '/api/workstreams')).text).workstreams[0];
  const { port } = services.find(({ name }: { name: string }) => name === 'api');
  await startService(copy.directory, port, 'api');
  expect((await ask(sidings.port, 'feature.api.localhost')).status).toBe(200);
  const run = ['run', '--service', 'api', '--', 'echo', 'something'];
  expect((await runCommand('stack-env', run, place)).stdout).toBe('something\n');
  expect((await runCommand('stack-env', ['--ca-bundle'], place)).code).toBe(0);
  expect((await runCommand('sidings', ['verify', 'api', ...flags], place)).stdout).toContain('feature works');
  const archive = join(temporary, 'requests.har');
  expect((await runCommand('sidings', ['requests', '--har', archive, ...flags], place)).code).toBe(0);
  await terminate(sidings);

  expect(await modesIn(temporary)).toEqual({ 'requests.har': '600' });
  expect(await modesIn(copy.directory)).toEqual({
    'sidings.json': '644',
    '.certs': '700',
    '.certs/root.pem': '644',
    '.certs/bundle.pem': '644',
    '.certs/root-1': '700',
    '.certs/root-1/certificate.pem': '644',
    '.certs/root-1/key.pem': '600',
    '.state': '700',
    '.state/slots.json': '600',
    '.state/logs': '700',
    '.state/logs/feature-HASH': '700',
    '.state/logs/feature-HASH/api.log': '600',
    '.state/logs/feature-HASH/api.log.times': '600',
    '.state/verified': '700',
    '.state/verified/feature-HASH': '600',
  });
});
