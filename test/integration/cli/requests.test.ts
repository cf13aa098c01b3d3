import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RequestDetail, RequestSummary } from '../../../src/model/requests.ts';
import { ask, runCommand, startCommand, startSidings } from '../../support/commands.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { expectHar } from '../../support/har.ts';
import { makeCopies } from '../../support/project-copies.ts';
import { eventually } from '../../support/raw.ts';
import { startUpstream } from '../../support/upstream.ts';

const paths = (requests: readonly RequestSummary[]): string => requests.map(({ path }) => path).join(' ');

/** One stage for all of it: to start a daemon is what takes the time. */
test('requests: listed, one by one, kept as an archive, and followed until the daemon ends', async () => {
  const folder = await temporaryFolder();
  const copies = await makeCopies(folder, ['project-2', 'project-3']);
  for (const { ports } of copies) await startUpstream((_request, response) => response.end(), '127.0.0.1', ports.api);
  const sidings = await startSidings(['--no-tls'], { cwd: folder, env: { SIDINGS_ROOT: folder, TZ: 'UTC' } });
  const place = { cwd: join(folder, 'project-2'), env: { SIDINGS_HTTP_PORT: String(sidings.port) } };
  const requests = (...more: readonly string[]) => runCommand('sidings', ['requests', ...more], place);
  const listed = async (...more: readonly string[]): Promise<readonly RequestSummary[]> =>
    JSON.parse((await requests('--json', ...more)).stdout).requests;

  const headers = { authorization: 'Bearer s3cret', 'x-evil': '\u009b31m' };
  await ask(sidings.port, 'project-2.api.localhost', '/ok?token=s3cret', { headers });
  await ask(sidings.port, 'project-2.web.localhost', '/broken');
  await ask(sidings.port, 'project-3.api.localhost', '/other');
  await ask(sidings.port, 'project-9.api.localhost', '/nowhere');

  // Of the current copy, unless something else is said.
  const own = await listed();
  expect(paths(own)).toBe('/broken /ok?token=***');
  expect(paths(await listed('--all'))).toBe('/nowhere /other /broken /ok?token=***');
  expect(paths(await listed('--workstream', 'project-3'))).toBe('/other');
  expect(paths(await listed('--dir', join(folder, 'project-3')))).toBe('/other');
  const filter = ['--service', 'web', '--method', 'get,post', '--status', '5xx', '--since', '5m'];
  expect(paths(await listed('--all', '--limit', '1', '--path', 'o', ...filter))).toBe('/broken');
  const text = await requests();
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^TIME .*\n.* 200 .* api .*\/ok\?token=\*\*\* .*\n.* 502 .* web .*upstream-refused .*\n$/,
  );
  expect((await requests('--status', '418')).stdout).toBe('No request to project-2 fits the filter.\n');

  // A time without a zone is that of who asks: here it is ten hours later than where the daemon lives.
  const elsewhere = (since: string) =>
    runCommand('sidings', ['requests', '--json', '--since', since], {
      ...place,
      env: { ...place.env, TZ: 'Etc/GMT-10' },
    });
  const clockThere = (ms: number): string => new Date(Date.now() + 10 * 3_600_000 + ms).toISOString().slice(0, -1);
  expect(paths(JSON.parse((await elsewhere(clockThere(-60_000))).stdout).requests)).toBe('/broken /ok?token=***');
  expect(JSON.parse((await elsewhere(clockThere(60_000))).stdout).requests).toEqual([]);

  // Who asks for a service that never was would take the empty list for good news.
  expect(await requests('--service', 'wep')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('It has: api, web'),
  });
  expect(await requests('--workstream', 'project-9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no workstream called project-9.'),
  });
  expect(await requests('--service', 'web', '--status', '2xx')).toMatchObject({ code: 0, stderr: '' });

  const id = own[1]?.id ?? '';
  const one = await requests('--id', id);
  expect(one.stdout).toContain('authorization: Bearer ***');
  expect(one.stdout).toContain('x-evil: \\u{9b}31m');
  expect(one.stdout).toMatch(/\nAgain\n {2}curl 'http:\/\/project-2\.api\.localhost:\d+\/ok\?token=\*\*\*' /);
  const detail = JSON.parse((await requests('--id', id, '--json')).stdout) as RequestDetail;
  expect(detail).toMatchObject({
    ...own[1],
    requestHeaders: expect.arrayContaining([['authorization', 'Bearer ***']]),
  });
  for (const { stdout } of [text, one]) expect(stdout).not.toContain('s3cret');

  const printed = expectHar(JSON.parse((await requests('--har')).stdout));
  expect(printed.log.entries.map(({ response }) => response.status)).toEqual([200, 502]);
  expect(await requests('--har', 'out.har', '--all')).toMatchObject({ code: 0, stdout: '' });
  const file = join(place.cwd, 'out.har');
  expect(expectHar(JSON.parse(await readFile(file, 'utf8'))).log.entries).toHaveLength(4);
  expect((await stat(file)).mode & 0o077).toBe(0);

  expect(await requests('--har', 'no/such/folder.har')).toMatchObject({ code: 1 });
  expect(await requests('--id', 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('--all') });
  expect(await requests('--status', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('404, 5xx') });
  expect(await requests('--all', '--dir', '.')).toMatchObject({ code: 2, stdout: '' });

  const lines = startCommand('sidings', ['requests', '--follow', '--json'], place);
  const after = startCommand('sidings', ['requests', '-f', '--path', 'after'], place);
  await eventually(() => lines.stdout().includes('/broken') && after.stdout().startsWith('TIME'), 'the beginning');
  await ask(sidings.port, 'project-3.api.localhost', '/after/other');
  await ask(sidings.port, 'project-2.api.localhost', '/after');
  await eventually(() => lines.stdout().includes('/after') && after.stdout().includes('/after'), 'the request');
  sidings.child.kill('SIGTERM');
  for (const { ended } of [lines, after])
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('No sidings answers') });
  const told = lines.stdout().split('\n').slice(0, 3);
  expect(paths(told.map((line) => JSON.parse(line)))).toBe('/ok?token=*** /broken /after');
  expect(after.stdout().trim().split('\n')).toHaveLength(2);
}, 90_000);
