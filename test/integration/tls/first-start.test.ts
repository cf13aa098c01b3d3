import { existsSync } from 'node:fs';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { resolveCopy } from '../../../src/resolver/resolve.ts';
import { openAuthority } from '../../../src/tls/authority.ts';
import { generationsIn, readGeneration } from '../../../src/tls/certificate-folder.ts';
import { type Ended, start, startCommand, startSidings } from '../../support/commands.ts';
import { makeCopy, settingsIn } from '../../support/copies.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';
import { handshake } from './support.ts';

const suffixes = ['localhost'];
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** An empty folder but for two copies, whose slots have to be claimed. */
const emptyPlace = async (): Promise<string> => {
  const folder = await temporaryFolder();
  for (const name of ['feature', 'other']) await makeCopy(join(folder, name));
  return folder;
};

/** What a start that was killed has left is whole or not there, and the next one works on. */
const expectGoesOn = async (folder: string): Promise<void> => {
  const certs = join(folder, 'certs');
  const generations = await generationsIn(certs);
  const [kept] = await Promise.all(generations.map((generation) => readGeneration(certs, generation)));
  const { root, file, problems } = await openAuthority({ folder: certs, suffixes });
  if (kept !== undefined) expect(root.certificate.fingerprint256).toBe(kept.certificate.fingerprint256);
  expect(problems.map(({ code }) => code)).toEqual(kept === undefined ? ['root-certificate-created'] : []);
  expect(await readFile(file, 'utf8')).toBe(root.certificate.toString());

  // The lock of a process that is gone is waited for some seconds; here they are over.
  const lock = join(folder, 'state/slots.json.lock');
  if (existsSync(lock)) await utimes(lock, 1, 1);
  const copies = await Promise.all(
    ['feature', 'other'].map((name) => resolveCopy(join(folder, name), settingsIn(folder))),
  );
  expect(new Set(copies.map(({ slot }) => slot)).size).toBe(2);
  for (const [path, known] of [
    [certs, ['root-1', 'root.pem']],
    [join(folder, 'state'), ['slots.json']],
  ] as const)
    expect((await readdir(path)).filter((name) => !name.startsWith('.new-')).sort()).toEqual(known);
};

test.each(['before', 'half'])(
  'killed at each of its steps on the disk (%s), the next start goes on',
  { timeout: 120_000 },
  async (KILLED) => {
    const run = (folder: string, at: number): Promise<Ended> => {
      const args = ['--import', here('./killed-at.mjs'), here('./first-start.mjs'), folder];
      const env = { ...process.env, KILLED, KILLED_AT: String(at) };
      return start(process.execPath, [...args, JSON.stringify(settingsIn(folder))], { env }).ended;
    };
    let at = 1;
    for (let isKilled = true; isKilled; at += 1) {
      const folder = await emptyPlace();
      const { code, signal, stderr } = await run(folder, at);
      isKilled = signal === 'SIGKILL';
      expect({ code, signal, stderr }).toEqual(
        isKilled ? { code: undefined, signal: 'SIGKILL', stderr: '' } : { code: 0, signal: undefined, stderr: '' },
      );
      await expectGoesOn(folder);
    }
    expect(at).toBeGreaterThan(KILLED === 'half' ? 4 : 10);
  },
);

/** Numbers from 0 to 1, always the same. */
const seeded = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};

// FIRST_START_KILLS=100 for more of them.
test('killed at any moment, a daemon that starts for the first time starts the next time', {
  timeout: 600_000,
}, async () => {
  const random = seeded(7);
  const args = ['start', '--http-port', '0', '--https-port', '0', '--no-docker'];
  let [untouched, whole] = [0, 0];
  for (let count = 0; count < Number(process.env.FIRST_START_KILLS ?? 6); count += 1) {
    const folder = await emptyPlace();
    const env = { SIDINGS_STATE_DIR: join(folder, 'state'), SIDINGS_CERTS_DIR: join(folder, 'certs') };
    const { child, ended, stdout } = startCommand('sidings', args, { cwd: join(folder, 'feature'), env });
    // Most of a start is loading; what matters begins with the folder.
    await eventually(() => existsSync(join(folder, 'certs')), 'the certificate folder');
    await delay(random() ** 2 * 300);
    child.kill('SIGKILL');
    await ended;
    if ((await readdir(join(folder, 'certs'))).length === 0) untouched += 1;
    if (stdout().includes('"ready"')) whole += 1;
    await expectGoesOn(folder);
  }
  process.stdout.write(`${untouched} were killed before anything was written, ${whole} when they were ready\n`);
});

test('two daemons that start at once on an empty folder share one root, and both serve', async () => {
  const folder = await emptyPlace();
  const place = { cwd: join(folder, 'feature') };
  const daemons = await Promise.all([1, 2].map(() => startSidings(['--https-port', '0', '--no-docker'], place)));
  const certs = join(folder, 'feature/.certs');
  const ca = await readFile(join(certs, 'root.pem'), 'utf8');
  for (const { httpsPort } of daemons) {
    const certificate = await handshake(httpsPort, { ca, servername: 'feature.api.localhost' });
    expect(certificate.subjectaltname).toBe('DNS:feature.api.localhost');
  }
  expect((await readdir(certs)).sort()).toEqual(['root-1', 'root.pem']);
  const announced = daemons.filter(({ stderr }) => stderr().includes('A root certificate was made'));
  expect(announced).toHaveLength(1);
});
