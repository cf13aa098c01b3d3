import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { State } from '../../../src/model/workstream.ts';
import { ask, type RunningSidings, runCommand, startService, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { eventually } from '../../support/raw.ts';
import { mountSmallDisk, type SmallDisk } from '../../support/small-disk.ts';
import { handshake } from '../tls/support.ts';

const tls = ['--https-port', '0', '--no-docker'];

const placeOn = ({ folder }: SmallDisk, cwd: string) => ({
  cwd,
  env: { SIDINGS_STATE_DIR: join(folder, 'state'), SIDINGS_CERTS_DIR: join(folder, 'certs') },
});

const codesOf = async ({ port }: RunningSidings, name: string): Promise<readonly string[] | undefined> => {
  const { workstreams } = JSON.parse((await ask(port, 'localhost', '/api/workstreams')).text) as State;
  return workstreams.find((copy) => copy.name === name)?.problems.map(({ code }) => code);
};

const scene = async () => {
  const folder = await temporaryFolder();
  const [copy, named] = await makeCopies(folder, ['project-2', 'feature']);
  if (copy === undefined || named === undefined) throw new Error('no copies');
  await startService(copy.directory, copy.ports.web ?? 0, 'web');
  return { folder, copy, named };
};

test('a disk that is full: no start without a root, and a daemon that runs goes on', {
  timeout: 60_000,
}, async (context) => {
  const disk = await mountSmallDisk(context);
  const { folder, copy, named } = await scene();
  const away = join(folder, 'away/feature');
  await mkdir(join(folder, 'away'));
  await rename(named.directory, away);
  const place = placeOn(disk, copy.directory);

  await disk.fill();
  const refused = await runCommand('sidings', ['start', '--http-port', '0', ...tls], place);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /The certificate folder cannot be written: .*: no space is left on the device\.\n {2}hint: /,
  );
  expect(await readdir(join(disk.folder, 'certs'))).toEqual([]);

  await disk.empty();
  const sidings = await startSidings(tls, place);
  const ca = await readFile(join(disk.folder, 'certs/root.pem'), 'utf8');
  await disk.fill();
  expect((await ask(sidings.port, 'project-2.web.localhost')).text).toBe('web');
  const name = 'never-asked-before.project-2.web.localhost';
  expect((await handshake(sidings.httpsPort, { ca, servername: name })).subjectaltname).toBe(`DNS:${name}`);
  // A slot that cannot be remembered is not given, and the copy says so.
  await rename(away, named.directory);
  await eventually(async () => (await codesOf(sidings, 'feature'))?.[0] === 'state-unwritable', 'the problem');
  expect((await ask(sidings.port, 'project-2.web.localhost')).text).toBe('web');

  await disk.empty();
  await rename(named.directory, away);
  await eventually(async () => (await codesOf(sidings, 'feature')) === undefined, 'the copy to be gone');
  await rename(away, named.directory);
  await eventually(async () => (await codesOf(sidings, 'feature'))?.length === 0, 'the copy with its slot');
  expect(sidings.child.exitCode).toBe(null);
});

test('folders that can only be read: what is there serves, and what is not there is an error', {
  timeout: 60_000,
}, async (context) => {
  const disk = await mountSmallDisk(context);
  const { copy } = await scene();
  const place = placeOn(disk, copy.directory);
  const first = await startSidings(tls, place);
  first.child.kill('SIGTERM');
  await first.ended;

  await disk.lock();
  const sidings = await startSidings(tls, place);
  const ca = await readFile(join(disk.folder, 'certs/root.pem'), 'utf8');
  await handshake(sidings.httpsPort, { ca, servername: 'project-2.web.localhost' });
  expect((await ask(sidings.port, 'project-2.web.localhost')).text).toBe('web');
  expect(await codesOf(sidings, 'feature')).toEqual([]);
  expect(sidings.stderr()).toBe('');

  const env = { ...place.env, SIDINGS_CERTS_DIR: join(disk.folder, 'others') };
  const refused = await runCommand('sidings', ['start', '--http-port', '0', ...tls], { ...place, env });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('the file system is read-only');
});
