import { appendFile, chmod, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cachedResolver } from '../../../src/resolver/cache.ts';
import { makeCopy, notes, settingsIn } from '../../support/copies.ts';
import { temporaryFolder, write } from '../../support/folder.ts';

test('an answer is kept as long as sidings.json is the same', async () => {
  const folder = await temporaryFolder();
  const resolve = cachedResolver(settingsIn(folder));
  const directory = await makeCopy(join(folder, 'project-3'));
  const first = await resolve(directory);
  expect(await resolve(directory)).toBe(first);
  await makeCopy(directory, { ...notes, services: { api: { port: 9000 } }, env: {} });
  expect((await resolve(directory)).services).toMatchObject({ api: { port: 9003 } });
  await rm(join(directory, 'sidings.json'));
  await expect(resolve(directory)).rejects.toMatchObject({ code: 'project-file-unreadable' });
  await makeCopy(directory);
  expect(await resolve(directory)).toEqual(first);
});

test('an edit that keeps size and time is seen', async () => {
  const folder = await temporaryFolder();
  const resolve = cachedResolver(settingsIn(folder));
  const directory = await makeCopy(join(folder, 'project-3'));
  const file = join(directory, 'sidings.json');
  await utimes(file, 1000, 1000);
  expect((await resolve(directory)).services.api?.port).toBe(8003);
  await writeFile(file, (await readFile(file, 'utf8')).replace('8000', '9000'));
  await utimes(file, 1000, 1000);
  expect((await resolve(directory)).services.api?.port).toBe(9003);
});

test('a claim is kept as long as slots.json is the same, and the root certificate is seen when it comes', async () => {
  const folder = await temporaryFolder();
  const rootCertificate = join(folder, 'root.pem');
  const settings = settingsIn(folder, { rootCertificate });
  const resolve = cachedResolver(settings);
  const directory = await makeCopy(join(folder, 'feature'));
  await resolve(directory);
  const kept = await resolve(directory);
  expect(await resolve(directory)).toBe(kept);
  await writeFile(rootCertificate, '');
  expect((await resolve(directory)).env.NODE_EXTRA_CA_CERTS).toBe(rootCertificate);
  await write(join(settings.stateDirectory, 'slots.json'), '');
  await expect(resolve(directory)).rejects.toMatchObject({ code: 'state-corrupt' });
});

test('calls at the same moment share one answer', async () => {
  const folder = await temporaryFolder();
  const resolve = cachedResolver(settingsIn(folder));
  const directory = await makeCopy(join(folder, 'project-3'));
  const [first, second] = await Promise.all([resolve(directory), resolve(directory)]);
  expect(second).toBe(first);
});

test('a resolver command runs again when it or a script it is given changes, not else, also when it fails', async () => {
  const folder = await temporaryFolder();
  const resolve = cachedResolver(settingsIn(folder, { trustedRoots: [folder] }));
  const resolver = { command: ['sh', 'ports.sh'] };
  const directory = await makeCopy(join(folder, 'project-3'), { ...notes, resolver });
  const script = join(directory, 'ports.sh');
  const runs = async () => (await readFile(join(directory, 'runs'), 'utf8')).length;

  await writeFile(script, 'printf x >>runs\necho A=1\n');
  await resolve(directory);
  await resolve(directory);
  expect(await runs()).toBe(1);
  await appendFile(script, 'exit 1\n');
  for (let call = 0; call < 3; call++) {
    await expect(resolve(directory)).rejects.toMatchObject({ code: 'resolver-failed' });
  }
  expect(await runs()).toBe(2);
  await writeFile(script, 'printf x >>runs\necho A=2\n');
  expect((await resolve(directory)).env.A).toBe('2');
  expect(await runs()).toBe(3);
  await chmod(script, 0o600);
  await resolve(directory);
  expect(await runs()).toBe(4);
});
