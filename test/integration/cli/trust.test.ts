import { existsSync } from 'node:fs';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, runInTerminal } from '../../support/commands.ts';
import { isRoot, ordinary, ordinaryHome, sudoEnvironment } from '../../support/users.ts';
import { lacks, run } from '../tls/support.ts';

interface Outcome {
  readonly root?: { readonly file: string };
  readonly stores: readonly { name: string; status: string; commands: string[]; changed: boolean }[];
  readonly problems: readonly { code: string; hint: string }[];
}

/**
 * A user with a Chromium, on a path that holds nothing else. What would change the store of the system only notes who ran it, so that
 * the machine of the tests stays as it is; everything else is real.
 */
const setUp = async () => {
  const { folder, home, tools } = await ordinaryHome();
  const calls = join(folder, 'calls');
  await writeFile(calls, '');
  await chmod(calls, 0o666);
  const executable = async (name: string, script: string) => {
    await writeFile(join(tools, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(tools, name), 0o755);
  };
  await executable('certutil', 'exec /usr/bin/certutil "$@"');
  await executable('chromium', 'exit 1');
  await executable('mkdir', 'exec /bin/mkdir "$@"');
  for (const name of ['install', 'update-ca-certificates'])
    await executable(name, `echo "$(/usr/bin/id -u):$(/usr/bin/id -g) ${name}" >> '${calls}'; exit 7`);
  await executable('sudo', `echo "$(/usr/bin/id -u) sudo $*" >> '${calls}'; exit 9`);
  const database = join(home, '.local/share/pki/nssdb');
  return {
    home,
    database,
    place: { cwd: home, env: { PATH: tools } },
    calls: async () => (await readFile(calls, 'utf8')).split('\n').filter(Boolean),
    list: async () => (await run('/usr/bin/certutil', ['-L', '-d', `sql:${database}`])).output,
  };
};

const outcomeOf = (stdout: string): Outcome => JSON.parse(stdout) as Outcome;
const debian = existsSync('/usr/local/share/ca-certificates') && !existsSync('/etc/pki/ca-trust/source/anchors');

describe.skipIf(lacks('certutil') || !debian)('without a terminal', () => {
  test('what needs no root is done, the rest is told, and untrust takes out what was put in', async () => {
    const { home, place, list, calls } = await setUp();
    const user = { ...place, ...ordinary };
    const first = await runCommand('sidings', ['trust', '--json'], user);
    expect(first.code).toBe(1);
    const { root, stores, problems } = outcomeOf(first.stdout);
    expect(root?.file).toBe(join(home, '.certs/root-1/certificate.pem'));
    expect(stores.map(({ status, changed }) => [status, changed])).toEqual([
      ['missing', false],
      ['trusted', true],
    ]);
    expect(problems).toMatchObject([
      { code: 'trust-needs-root', hint: expect.stringMatching(/: sudo install .* && sudo update-ca-certificates$/) },
    ]);
    expect(first.stderr).toContain('sudo update-ca-certificates');
    expect(await list()).toMatch(/^Sidings .*C,,\s*$/m);

    const again = await runCommand('sidings', ['trust', '--yes'], user);
    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(/^Chromium \(.*\): trusted$/m);
    expect(again.stdout).toMatch(/^ {2}sudo install -m 0644 /m);
    expect(await calls()).toEqual([]);

    const out = await runCommand('sidings', ['untrust'], user);
    expect(out).toMatchObject({ code: 0, stderr: '' });
    expect(out.stdout).toMatch(/^Chromium \(.*\): taken out$/m);
    expect(await list()).not.toContain('Sidings');
    const nothing = outcomeOf((await runCommand('sidings', ['untrust', '--json'], user)).stdout);
    expect(nothing.stores.map(({ status, commands }) => [status, commands])).toEqual([
      ['missing', []],
      ['missing', []],
    ]);
  });

  test('a dry run changes nothing, makes no root, and shows the commands where there is one', async () => {
    const { home, place, database } = await setUp();
    const user = { ...place, ...ordinary };
    const empty = await runCommand('sidings', ['trust', '--dry-run'], user);
    expect(empty.code).toBe(0);
    expect(empty.stdout).toContain(`A root certificate would be made in ${join(home, '.certs')}.`);
    expect(existsSync(join(home, '.certs'))).toBe(false);
    await runCommand('sidings', ['trust'], user);
    await runCommand('sidings', ['untrust'], user);
    const planned = await runCommand('sidings', ['trust', '--dry-run'], user);
    expect(planned.stdout).toContain(`certutil -A -d sql:${database} -t C,, -n 'Sidings `);
    expect((await runCommand('sidings', ['trust', '--dry-run', '--json'], user)).stdout).toContain('"missing"');
  });

  test('where the certificate is not ours, there is nothing to trust', async () => {
    const { home, place } = await setUp();
    const env = { ...place.env, SIDINGS_CONFIG: join(home, 'config.json') };
    await writeFile(join(home, 'config.json'), '{"tls": {"cert": "a.pem", "key": "b.pem"}}');
    expect(await runCommand('sidings', ['trust'], { cwd: home, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(join(home, 'a.pem')),
    });
    expect(existsSync(join(home, '.certs'))).toBe(false);
  });

  // Another user is needed to act for.
  test.skipIf(!isRoot)('behind sudo, root does what needs root, and the user everything else', async () => {
    const { home, place, database, calls } = await setUp();
    const env = { ...place.env, ...sudoEnvironment };
    // The user that the password database knows has no home here.
    const found = await runCommand('sidings', ['trust', '--json'], {
      cwd: home,
      env: { ...env, XDG_DATA_HOME: join(home, '.local/share') },
    });
    expect(outcomeOf(found.stdout).problems).toMatchObject([
      { code: 'trust-failed', message: expect.stringMatching(/exit code 7\.$/) },
    ]);
    expect(await calls()).toEqual(['0:0 install']);
    const owners = await Promise.all(
      [join(database, 'cert9.db'), join(home, '.certs/root.pem'), join(home, '.local')].map((path) => stat(path)),
    );
    expect(owners.map(({ uid, gid }) => [uid, gid])).toEqual(owners.map(() => [65534, 65534]));
  });
});

describe.skipIf(lacks('certutil') || !debian || process.platform !== 'linux')('in a terminal', () => {
  const question = 'Run the commands that begin with sudo? [Y/n]';

  test('the commands are shown, and sudo runs when the person agrees', async () => {
    const { place, calls } = await setUp();
    const ended = await runInTerminal(['trust'], { ...place, ...ordinary, question, answer: '\n' });
    expect(ended.stdout.indexOf('sudo update-ca-certificates')).toBeLessThan(ended.stdout.indexOf(question));
    expect(ended.stdout).toContain('install -m 0644');
    expect(ended.stdout).toContain('exit code 9');
    expect(ended.code).toBe(1);
    const [call, ...others] = await calls();
    expect(call).toMatch(
      /^\d+ sudo -- install -m 0644 \S+\/root-1\/certificate\.pem \/usr\/local\/share\/ca-certificates\//,
    );
    expect(others).toEqual([]);
  });

  test.each(['n\n', '\u0004'])('%j is a no: what needs no root is done all the same', async (answer) => {
    const { place, calls, list } = await setUp();
    const ended = await runInTerminal(['trust'], { ...place, ...ordinary, question, answer });
    expect(ended.code).toBe(1);
    expect(await calls()).toEqual([]);
    expect(await list()).toContain('Sidings');
  });

  test('nobody is asked with CI=1, or who has said yes before', async () => {
    const { place, calls } = await setUp();
    const inCi = { ...place, env: { ...place.env, CI: '1' }, ...ordinary, question, answer: '\n' };
    expect((await runInTerminal(['trust', '--yes'], inCi)).stdout).not.toContain(question);
    expect(await calls()).toEqual([]);
    const agreed = await runInTerminal(['trust', '--yes'], { ...place, ...ordinary, question, answer: '\n' });
    expect(agreed.stdout).not.toContain(question);
    expect(await calls()).toHaveLength(1);
  });
});
