import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { followLog, readLog } from '../../../src/feedback/read-log.ts';
import { openServiceLog, serviceLogFile } from '../../../src/feedback/service-log.ts';
import { statusHostnames } from '../../../src/model/hostname.ts';
import { buildRouteTable, lookup } from '../../../src/model/route-table.ts';
import { printable } from '../../../src/model/text.ts';
import { makeCopy, notes } from '../../support/copies.ts';
import { startDirectories } from '../../support/directories.ts';
import { temporaryFolder, write } from '../../support/folder.ts';
import { eventually } from '../../support/raw.ts';
import { openCopies, stackEnvFile } from '../../support/stack-env.ts';

const run = promisify(execFile);
const fifo = async (file: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await run('mkfifo', [file]);
};
/** A file of a hundred megabytes that takes no room. */
const huge = async (file: string): Promise<void> => {
  await write(file, '');
  await truncate(file, 100 * 1024 * 1024);
};

const names = [
  ...[';$(touch ran)', '`touch ran`', '$(touch ran)', '&& touch ran', '| touch ran', '-rf', '--dir', '*', '~'],
  ...[
    'a\nb',
    'a\r\nSet-Cookie: x',
    '\u001b[2J\u001b]0;title\u0007',
    '\u009b31m',
    '\u202egnp.exe',
    '\u200f',
    'tab\there',
  ],
  ...['..x', '...', '%2e%2e%2f', '.hidden', ' ', "it's", '"quoted"', '\\', '<img src=x onerror=alert(1)>', '{name}'],
  ...['__proto__', 'constructor', 'localhost', 'sidings', 'project-3.api', 'ünïcödé', '漢字', 'x'.repeat(255)],
];

test('whatever a folder is called, it is a copy with addresses of its own, and nothing of its name is run', async () => {
  const root = join(await temporaryFolder(), 'code');
  for (const name of names) await makeCopy(join(root, name));
  const { untilNames, copies } = startDirectories({ roots: [root] });
  await untilNames(...names);
  const problems = copies().flatMap((copy) => copy.problems);
  // Some become one label, which is told on both.
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['label-taken']));
  for (const { message, hint } of problems) for (const text of [message, hint]) expect(printable(text)).toBe(text);

  const table = buildRouteTable(copies(), ['localhost']);
  expect(new Set(copies().map(({ slot }) => slot)).size).toBe(names.length);
  for (const { hostname } of table.routes) expect(hostname).toMatch(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.localhost$/);
  for (const hostname of statusHostnames('localhost')) expect(lookup(table, hostname).kind).toBe('status');
});

test('the environment of each can be evaluated, and names the folder to the byte', async () => {
  const folder = await temporaryFolder();
  const places = [names[0], names[1], 'a\nb', '\u001b[2J\u001b]0;title\u0007', "it's", '-rf', '{name}'] as string[];
  const script = `eval "$("$NODE" "$STACK_ENV")" && exec "$NODE" -e 'console.log(JSON.stringify(process.env))'`;
  for (const name of places) {
    const cwd = await makeCopy(join(folder, name));
    const env = { PATH: process.env.PATH, HOME: folder, NODE: process.execPath, STACK_ENV: stackEnvFile };
    const { stdout, stderr } = await run('sh', ['-c', script], { cwd, env });
    // Two of them become one label.
    expect(stderr).toMatch(/^(?:stack-env: warning: .* both become the hostname label touch-ran\.\n {2}hint: .*\n)?$/);
    expect(JSON.parse(stdout)).toMatchObject({ STACK_NAME: name, STACK_DIRECTORY: cwd });
    expect(await readdir(cwd)).toEqual(['sidings.json']);
  }
  expect(await readdir(folder)).not.toContain('ran');
});

describe.each([
  ['a FIFO', fifo, 'it is not a regular file'],
  ['a hundred megabytes', huge, 'it is larger than 1 MB'],
] as const)('%s', (_what, make, reason) => {
  test('in the place of sidings.json, HEAD or the file of a worktree holds nobody up', async () => {
    const root = join(await temporaryFolder(), 'code');
    for (const name of ['project', 'project-2', 'project-3', 'project-4']) await makeCopy(join(root, name));
    await rm(join(root, 'project-2/sidings.json'));
    await make(join(root, 'project-2/sidings.json'));
    await make(join(root, 'project-3/.git/HEAD'));
    await make(join(root, 'project-3/.git/commondir'));
    await make(join(root, 'project-3/.git/config'));
    await make(join(root, 'project-3/.git/worktrees/one/gitdir'));
    await make(join(root, 'project-4/.git'));
    const { untilNames, copy } = startDirectories({ roots: [root] });
    await untilNames('project', 'project-2', 'project-3', 'project-4');
    expect(copy('project-2')?.problems).toMatchObject([
      { code: 'project-file-unreadable', message: expect.stringContaining(reason) },
    ]);
    for (const name of ['project', 'project-3', 'project-4'])
      expect(copy(name)).toMatchObject({ branch: undefined, problems: [], services: { length: 4 } });
    // One that comes later, too, and what was known before holds.
    await make(join(root, 'next'));
    await rename(join(root, 'next'), join(root, 'project/sidings.json'));
    await eventually(() => copy('project')?.problems[0]?.code === 'project-file-unreadable', 'the problem');
    expect(copy('project')?.services).toHaveLength(4);
  });

  test('in the place of what stack-env reads is told, and never waited for', async () => {
    const copies = await openCopies(['project-3']);
    for (const name of [
      '.env',
      'compose.yaml',
      'compose.override.yaml',
      'package.json',
      'vite.config.ts',
      'web/package.json',
    ])
      await make(copies.path('project-3', name));
    const { code, stdout } = await copies.stackEnv('project-3', ['check', '--json']);
    expect(code).toBe(0);
    const messages = (JSON.parse(stdout).problems as { message: string }[]).map(({ message }) => message);
    for (const name of ['.env', 'compose.yaml', 'compose.override.yaml'])
      expect(messages).toContain(`${name} cannot be read, so nothing in it was checked: ${reason}.`);
    await rm(copies.path('project-3/sidings.json'));
    expect(await copies.stackEnv('project-3', ['init'])).toMatchObject({ code: 2, stdout: '' });
    await make(copies.path('project-3/sidings.json'));
    const refused = await copies.stackEnv('project-3', []);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(reason);
  });

  test('in the place of the slots is an error', async () => {
    const copies = await openCopies(['feature']);
    await make(copies.path('.state/slots.json'));
    const { code, stdout, stderr } = await copies.stackEnv('feature', []);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(reason);
  });
});

test('a log that is a FIFO is none; a service starts beside one, and is told', async () => {
  const copies = await openCopies(['project-3'], notes);
  const log = serviceLogFile(copies.path('.state'), copies.path('project-3'), 'api');
  await fifo(log);
  expect(await readLog(log, { lines: 10 })).toEqual([]);
  expect(() => openServiceLog(log)).toThrow('ENXIO');
  const end = new AbortController();
  const lines = followLog(log, { lines: 10 }, end.signal);
  const next = lines.next();
  const args = ['run', '--service', 'api', '--', 'echo', 'runs'];
  expect(await copies.stackEnv('project-3', args)).toMatchObject({
    code: 0,
    stdout: 'runs\n',
    stderr: expect.stringMatching(/cannot be written: .*it is not a regular file/),
  });
  await rm(log);
  await copies.stackEnv('project-3', args);
  expect((await next).value).toMatchObject({ text: 'runs' });
  end.abort();
  await lines.return(undefined);
});

test('of a log of a hundred megabytes without a line the end is read', async () => {
  const file = join(await temporaryFolder(), 'api.log');
  await huge(file);
  await writeFile(file, '\nlast\n', { flag: 'a' });
  await chmod(file, 0o600);
  expect((await readLog(file, { lines: 1 })).map(({ text }) => text)).toEqual(['last']);
});
