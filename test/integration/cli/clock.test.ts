import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { expect, test } from 'vitest';
import type { RequestSummary } from '../../../src/model/requests.ts';
import { ask, startService, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { eventually, rawClient } from '../../support/raw.ts';
import { skipWithout } from '../../support/requirements.ts';

const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync);

const host = 'project-2.web.localhost';
const [hour, day] = [3600, 24 * 3600];

/** One handshake; gives the certificate without a judgement. */
const certificateOf = (port: number, servername: string): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });

/** A daemon whose clock a test sets, and nothing but its clock: what it measures goes on as before. */
const startUnderClock = async (file: string, cwd: string) => {
  await writeFile(file, '+0');
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FMT: '%s',
  };
  return await startSidings(['--https-port', '0', '--no-docker'], { cwd, env });
};

test('the clock is set forward and back: certificates are good, the history and the traffic go on, nothing waits', {
  timeout: 90_000,
}, async (context) => {
  if (library === undefined) skipWithout(context, 'libfaketime; on Debian, "npm test" names the package to install');
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  await startService(copy.directory, copy.ports.web ?? 0, 'web');
  const clock = join(folder, 'clock');
  const sidings = await startUnderClock(clock, copy.directory);
  const { port, httpsPort } = sidings;
  const events = rawClient(port);
  events.send('GET /api/requests/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await events.until(/retry/);
  expect((await ask(port, host)).text).toBe('web');
  await certificateOf(httpsPort, host);

  let number = 0;
  for (const jump of [-20 * hour, 61 * day, 0, 400 * day, 20 * day, 0]) {
    await writeFile(clock, `${jump < 0 ? '' : '+'}${jump}`);
    const now = Date.now() + jump * 1000;
    number += 1;
    // For a name that was asked for before, and for one that was not.
    for (const servername of [host, `n${number}.${host}`]) {
      const { valid_from: from, valid_to: to } = await certificateOf(httpsPort, servername);
      expect([jump, Date.parse(from) <= now, Date.parse(to) > now]).toEqual([jump, true, true]);
    }
    const path = `/after-jump-${number}`;
    expect((await ask(port, host, path)).text).toBe('web');
    await events.until(new RegExp(path));
    const { requests } = JSON.parse((await ask(port, 'localhost', '/api/requests')).text) as {
      requests: RequestSummary[];
    };
    const found = requests.find((request) => request.path === path);
    expect(found).toMatchObject({ status: 200 });
    expect(Math.abs((found?.startedAt ?? 0) - now)).toBeLessThan(hour * 1000);
    expect(found?.durationMs).toBeGreaterThanOrEqual(0);
    expect(found?.durationMs).toBeLessThan(hour * 1000);
    const { workstreams } = JSON.parse((await ask(port, 'localhost', '/api/traffic')).text);
    expect(workstreams[0].perSecond).toHaveLength(60);
  }
  // Files are still watched and services still looked at.
  const file = join(copy.directory, 'sidings.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"web"', '"site"'));
  await eventually(async () => (await ask(port, 'project-2.site.localhost')).text === 'web', 'the new name');
  sidings.child.kill('SIGTERM');
  expect(await sidings.ended).toMatchObject({ code: 0 });
});
