import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openAuthority } from '../../../src/tls/authority.ts';
import { writeBundle } from '../../../src/tls/bundle.ts';
import { dayMs } from '../../../src/tls/root.ts';
import { carryOut, findStores, planTrust, planUntrust, thisMachine } from '../../../src/tls/trust.ts';
import { commandRunner, describeStep, type Machine, runCommand } from '../../../src/tls/trust-stores/trust-store.ts';
import { lacks, run, temporaryFolder } from './support.ts';

const suffixes = ['localhost'];

/** A user with a home of their own on a machine of its own, and a root. */
const setUp = async (machine: Partial<Machine> = {}) => {
  const base = await temporaryFolder();
  const [home, at, folder] = [join(base, 'home'), join(base, 'machine'), join(base, 'certs')];
  for (const path of [home, at]) await mkdir(path);
  const authority = await openAuthority({ folder, suffixes });
  return {
    base,
    home,
    at,
    folder,
    authority,
    machine: {
      ...thisMachine(),
      platform: 'linux',
      home,
      at,
      environment: { PATH: process.env.PATH },
      ...machine,
    } as Machine,
  };
};

test('a command that cannot be started leaves nothing behind that holds the process up', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  expect(await runCommand([join(await temporaryFolder(), 'absent')])).toMatchObject({
    code: undefined,
    stderr: expect.stringContaining('ENOENT'),
  });
  expect(timers()).toBe(before);
  expect(await commandRunner({ timeoutMs: 1 })(['/bin/sh', '-c', 'sleep 60'])).toMatchObject({ code: undefined });
});

const asRoot = { run: runCommand, runAsRoot: runCommand };

const executable = async (file: string, script: string) => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
};

describe('the store of a Linux system', () => {
  const families = [
    [
      'Debian, Ubuntu',
      'usr/local/share/ca-certificates',
      '.crt',
      'etc/ssl/certs/ca-certificates.crt',
      'update-ca-certificates',
    ],
    [
      'Fedora, RHEL',
      'etc/pki/ca-trust/source/anchors',
      '.pem',
      'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
      'update-ca-trust extract',
    ],
    [
      'Arch Linux',
      'etc/ca-certificates/trust-source/anchors',
      '.crt',
      'etc/ca-certificates/extracted/tls-ca-bundle.pem',
      'update-ca-trust',
    ],
    [
      'openSUSE',
      'usr/share/pki/trust/anchors',
      '.pem',
      'var/lib/ca-certificates/ca-bundle.pem',
      'update-ca-certificates',
    ],
  ] as const;

  /** The update commands of a distribution, for a machine that is a folder: they do what the real ones do, joining all anchors. */
  const distribution = async (at: string, anchors: string, bundle: string) => {
    await mkdir(join(at, anchors), { recursive: true });
    await mkdir(join(at, dirname(bundle)), { recursive: true });
    const script = `cat '${join(at, anchors)}'/* > '${join(at, bundle)}' 2>/dev/null; true`;
    for (const name of ['update-ca-certificates', 'update-ca-trust']) await executable(join(at, 'bin', name), script);
    const runHere: Machine['run'] = ([file, ...args]) =>
      runCommand([file.startsWith('update-') ? join(at, 'bin', file) : file, ...args]);
    return runHere;
  };

  test.each(families)('%s: in, again, out', async (name, anchors, extension, bundle, update) => {
    const { machine, at, folder, authority } = await setUp();
    const runHere = await distribution(at, anchors, bundle);
    const [store] = await findStores({ ...machine, environment: {}, run: runHere });
    if (store === undefined) throw new Error('no store');
    expect(store.name).toBe(`the system (${name})`);

    const plan = await planTrust(folder, [store]);
    expect(plan.map(({ status }) => status.kind)).toEqual(['missing']);
    const steps = plan[0]?.steps.map(describeStep) ?? [];
    expect(steps[0]).toMatch(
      new RegExp(
        `^sudo install -m 0644 ${folder}/root-1/certificate.pem ${join(at, anchors)}/sidings-[0-9a-f]{16}\\${extension}$`,
      ),
    );
    expect(steps.slice(1)).toEqual([`sudo ${update}`]);
    expect(await readdir(join(at, anchors))).toEqual([]);

    expect(await carryOut(plan, { run: runHere, runAsRoot: runHere })).toEqual([]);
    expect(await readFile(join(at, bundle), 'utf8')).toBe(authority.root.certificate.toString());
    const again = await planTrust(folder, [store]);
    expect(again.map(({ status, steps }) => [status.kind, steps.length])).toEqual([['trusted', 0]]);

    await writeFile(join(at, anchors, `other${extension}`), 'somebody else’s\n');
    expect(await carryOut(await planUntrust(folder, [store]), { run: runHere, runAsRoot: runHere })).toEqual([]);
    expect(await readdir(join(at, anchors))).toEqual([`other${extension}`]);
    expect(await readFile(join(at, bundle), 'utf8')).toBe('somebody else’s\n');
    expect((await planUntrust(folder, [store]))[0]?.steps).toEqual([]);
  });

  test('the Java of Debian, which took the root over from the system, is told to give it up', async () => {
    const { machine, at, folder } = await setUp();
    const [, anchors, , bundle] = families[0];
    const runHere = await distribution(at, anchors, bundle);
    const [store] = await findStores({ ...machine, environment: {}, run: runHere });
    if (store === undefined) throw new Error('no store');
    await carryOut(await planTrust(folder, [store]), { run: runHere, runAsRoot: runHere });
    const stepsOut = async () => (await planUntrust(folder, [store]))[0]?.steps.slice(2).map(describeStep);
    expect(await stepsOut()).toEqual([]);

    await executable(join(at, 'etc/ca-certificates/update.d/jks-keystore'), 'cat');
    expect(await stepsOut()).toEqual([
      'sudo dpkg-trigger --by-package=ca-certificates --no-await update-ca-certificates-java-fresh',
      'sudo dpkg --triggers-only --pending',
    ]);
  });

  test('without root and without a terminal nothing is done, and the commands are told', async () => {
    const { machine, at, folder } = await setUp();
    const runHere = vi.fn(await distribution(at, families[0][1], families[0][3]));
    const stores = await findStores({ ...machine, environment: {}, run: runHere });
    const problems = await carryOut(await planTrust(folder, stores), { run: runHere, runAsRoot: undefined });
    expect(problems).toMatchObject([{ code: 'trust-needs-root' }]);
    expect(problems[0]?.hint).toMatch(/sudo install -m 0644 \S+ \S+ && sudo update-ca-certificates$/);
    expect(runHere).not.toHaveBeenCalled();
  });

  test('what fails is said with its reason, also when the command thinks that it went well', async () => {
    const { machine, at, folder } = await setUp();
    const runHere = await distribution(at, families[0][1], families[0][3]);
    const stores = await findStores({ ...machine, environment: {}, run: runHere });
    await executable(join(at, 'bin/update-ca-certificates'), 'echo something; echo the disk is on fire. >&2; exit 3');
    const plan = await planTrust(folder, stores);
    expect(await carryOut(plan, { run: runHere, runAsRoot: runHere })).toMatchObject([
      { code: 'trust-failed', message: expect.stringMatching(/update-ca-certificates failed: the disk is on fire\.$/) },
    ]);
    await executable(join(at, 'bin/update-ca-certificates'), 'exit 4');
    expect((await carryOut(plan, { run: runHere, runAsRoot: runHere }))[0]?.message).toMatch(/failed: exit code 4\.$/);
    await executable(join(at, 'bin/update-ca-certificates'), 'exit 0');
    expect((await carryOut(plan, { run: runHere, runAsRoot: runHere }))[0]?.message).toMatch(/had no effect\.$/);
    await rm(join(at, 'bin/update-ca-certificates'));
    expect((await carryOut(plan, { run: runHere, runAsRoot: runHere }))[0]?.message).toMatch(
      /failed: spawn .* ENOENT\.$/,
    );
  });

  test('a renewed root takes the place of the old one', async () => {
    const { machine, at, base } = await setUp();
    const folder = join(base, 'old');
    await openAuthority({ folder, suffixes, now: () => Date.now() - 3600 * dayMs });
    const [, anchors, , bundle] = families[0];
    const runHere = await distribution(at, anchors, bundle);
    const stores = await findStores({ ...machine, environment: {}, run: runHere });
    await carryOut(await planTrust(folder, stores), { run: runHere, runAsRoot: runHere });

    const { root } = await openAuthority({ folder, suffixes });
    const plan = await planTrust(folder, stores);
    expect(plan[0]?.steps.map(({ command }) => command[0])).toEqual([
      'rm',
      'update-ca-certificates',
      'install',
      'update-ca-certificates',
    ]);
    expect(await carryOut(plan, { run: runHere, runAsRoot: runHere })).toEqual([]);
    expect(await readFile(join(at, bundle), 'utf8')).toBe(root.certificate.toString());
    expect(await readdir(join(at, anchors))).toHaveLength(1);

    await openAuthority({ folder, suffixes: ['test'] });
    expect(await carryOut(await planUntrust(folder, stores), { run: runHere, runAsRoot: runHere })).toEqual([]);
    expect(await readdir(join(at, anchors))).toEqual([]);
  });

  test('a system of an unknown kind is left to its owner', async () => {
    const { machine, folder } = await setUp({ environment: {} });
    const plan = await planTrust(folder, await findStores(machine));
    expect(plan).toMatchObject([{ status: { kind: 'manual', advice: expect.stringContaining(folder) }, steps: [] }]);
    expect(await planUntrust(folder, await findStores(machine))).toMatchObject([{ steps: [] }]);
  });

  test('inside WSL, the store of Windows is one too', async () => {
    const { machine, at, base, folder } = await setUp();
    await mkdir(join(at, 'proc/sys/fs/binfmt_misc'), { recursive: true });
    await writeFile(join(at, 'proc/sys/fs/binfmt_misc/WSLInterop'), '');
    const path = join(base, 'windows');
    await executable(join(path, 'certutil.exe'), 'test "$2" != -store');
    const here: Machine = {
      ...machine,
      environment: { PATH: path },
      run: async (command) =>
        command[0] === 'wslpath' ? { code: 0, stdout: `\\\\wsl$\\x${command[2]}\n`, stderr: '' } : runCommand(command),
    };
    const stores = (await findStores(here)).filter(({ name }) => name.includes('WSL'));
    expect((await planTrust(folder, stores))[0]?.steps.map(({ command }) => command.slice(1))).toEqual([
      ['-user', '-addstore', 'Root', `\\\\wsl$\\x${folder}/root-1/certificate.pem`],
    ]);
  });
});

describe('NSS databases', () => {
  const chromium = (home: string) => join(home, '.local/share/pki/nssdb');
  const list = async (directory: string) => (await run('certutil', ['-L', '-d', `sql:${directory}`])).output;
  const makeDatabase = async (directory: string) => {
    await mkdir(directory, { recursive: true });
    await run('certutil', ['-N', '-d', `sql:${directory}`, '--empty-password']);
  };
  const browsers = async (machine: Machine) =>
    (await findStores(machine)).filter(({ name }) => /^(Chromium|Firefox)/.test(name));
  /** Only certutil is on the path, so that no browser of this machine is seen. */
  const onlyCertutil = async (base: string) => {
    await executable(join(base, 'tools/certutil'), 'exec /usr/bin/certutil "$@"');
    return { PATH: join(base, 'tools') };
  };

  test.skipIf(lacks('certutil'))('Chromium before its first start: the database that it will use is made', async () => {
    const { machine, base, home, folder } = await setUp();
    const environment = await onlyCertutil(base);
    expect(await browsers({ ...machine, environment })).toEqual([]);

    await executable(join(base, 'tools/chromium'), 'exit 1');
    const stores = await browsers({ ...machine, environment });
    expect(stores.map(({ name }) => name)).toEqual([`Chromium (${chromium(home)})`]);
    const plan = await planTrust(folder, stores);
    expect(plan[0]?.steps.map(({ command, asRoot }) => [command[1], asRoot])).toEqual([
      ['-p', false],
      ['-N', false],
      ['-A', false],
    ]);
    expect(await readdir(home)).toEqual([]);
    expect(await carryOut(plan, { run: runCommand, runAsRoot: undefined })).toEqual([]);
    expect(await list(chromium(home))).toMatch(/^Sidings .* [0-9a-f]{8}\s+C,,\s*$/m);

    const next = await browsers({ ...machine, environment });
    expect((await planTrust(folder, next)).map(({ status, steps }) => [status.kind, steps])).toEqual([['trusted', []]]);
    expect(await carryOut(await planUntrust(folder, next), asRoot)).toEqual([]);
    expect(await list(chromium(home))).not.toContain('Sidings');
    expect((await planUntrust(folder, next))[0]?.steps).toEqual([]);
  });

  test.skipIf(lacks('certutil'))(
    'every database of Chromium and Firefox is found, and what else is in it stays',
    async () => {
      const { machine, base, home, folder, authority } = await setUp();
      const folders = [
        '.pki/nssdb',
        '.local/share/pki/nssdb',
        'snap/chromium/current/.pki/nssdb',
        '.var/app/org.chromium.Chromium/data/pki/nssdb',
        '.mozilla/firefox/abc.default-release',
        '.config/mozilla/firefox/new.default',
        'snap/firefox/common/.mozilla/firefox/snap.default',
        '.var/app/org.mozilla.firefox/.mozilla/firefox/flat.default',
      ].map((path) => join(home, path));
      for (const path of folders) await makeDatabase(path);
      await mkdir(join(home, '.mozilla/firefox/Crash Reports'));
      await writeFile(join(home, '.mozilla/firefox/profiles.ini'), '');
      const other = await openAuthority({ folder: join(base, 'other'), suffixes });
      await run('certutil', ['-A', '-d', `sql:${folders[4]}`, '-n', 'other', '-t', 'C,,', '-i', other.file]);

      const stores = await browsers({ ...machine, environment: await onlyCertutil(base) });
      expect(stores.map(({ name }) => name.replace(/^\w+ \((.*)\)$/, '$1'))).toEqual(folders);
      expect(await carryOut(await planTrust(folder, stores), asRoot)).toEqual([]);
      for (const path of folders) expect(await list(path)).toMatch(/^Sidings .*C,,/m);

      const [subject] = /CN=.*/.exec(authority.root.certificate.subject) ?? [];
      expect(await list(folders[4] ?? '')).toContain(subject?.slice(3));
      expect(await carryOut(await planUntrust(folder, stores), asRoot)).toEqual([]);
      for (const path of folders) expect(await list(path)).not.toContain('Sidings');
      expect(await list(folders[4] ?? '')).toMatch(/^other\s+C,,/m);
    },
  );

  test.skipIf(lacks('certutil'))('where the folder of earlier versions exists, Chromium uses that', async () => {
    const { machine, base, home } = await setUp();
    await mkdir(join(home, '.pki/nssdb'), { recursive: true });
    const stores = await browsers({ ...machine, environment: await onlyCertutil(base) });
    expect(stores.map(({ name }) => name)).toEqual([`Chromium (${join(home, '.pki/nssdb')})`]);
  });

  test.skipIf(lacks('certutil'))('XDG_DATA_HOME moves the database; a browser of Playwright counts', async () => {
    const { machine, base, home } = await setUp();
    await mkdir(join(home, '.cache/ms-playwright/chromium-1'), { recursive: true });
    const environment = { ...(await onlyCertutil(base)), XDG_DATA_HOME: join(base, 'data') };
    const stores = await browsers({ ...machine, environment });
    expect(stores.map(({ name }) => name)).toEqual([`Chromium (${join(base, 'data/pki/nssdb')})`]);
  });

  test.skipIf(lacks('certutil'))('a root that was marked as not trusted is missing, and is trusted again', async () => {
    const { machine, base, home, folder } = await setUp();
    await makeDatabase(chromium(home));
    const stores = await browsers({ ...machine, environment: await onlyCertutil(base) });
    await carryOut(await planTrust(folder, stores), asRoot);
    const [nickname] = /^Sidings .* [0-9a-f]{8}/m.exec(await list(chromium(home))) ?? [''];
    await run('certutil', ['-M', '-d', `sql:${chromium(home)}`, '-n', nickname, '-t', ',,']);
    const plan = await planTrust(folder, stores);
    expect(plan[0]?.status.kind).toBe('missing');
    expect(await carryOut(plan, asRoot)).toEqual([]);
    expect((await planTrust(folder, stores))[0]?.status.kind).toBe('trusted');
  });

  test.skipIf(lacks('certutil'))('a root that a person imported under another name counts, and comes out', async () => {
    const { machine, base, home, folder, authority } = await setUp();
    await makeDatabase(chromium(home));
    const [, name] = /CN=(.*)/.exec(authority.root.certificate.subject) ?? [];
    await run('certutil', [
      '-A',
      '-d',
      `sql:${chromium(home)}`,
      '-n',
      `${name} - imported`,
      '-t',
      'CT,C,C',
      '-i',
      authority.file,
    ]);
    const stores = await browsers({ ...machine, environment: await onlyCertutil(base) });
    expect((await planTrust(folder, stores)).map(({ status }) => status.kind)).toEqual(['trusted']);
    expect(await carryOut(await planUntrust(folder, stores), asRoot)).toEqual([]);
    expect(await list(chromium(home))).not.toContain('imported');
  });

  test.skipIf(lacks('certutil'))('a database with a password fails at once instead of asking', async () => {
    const { machine, base, home, folder } = await setUp();
    const directory = join(home, '.mozilla/firefox/a.default');
    await mkdir(directory, { recursive: true });
    await writeFile(join(base, 'password'), 'secret\n');
    await run('certutil', ['-N', '-d', `sql:${directory}`, '-f', join(base, 'password')]);
    const stores = await browsers({ ...machine, environment: await onlyCertutil(base) });
    const problems = await carryOut(await planTrust(folder, stores), asRoot);
    expect(problems).toMatchObject([{ code: 'trust-failed', message: expect.stringContaining('password') }]);
  });

  test('without certutil it is told how to get it', async () => {
    const { machine, home, folder, at } = await setUp({ environment: {} });
    await mkdir(join(at, 'usr/local/share/ca-certificates'), { recursive: true });
    await mkdir(join(home, '.pki/nssdb'), { recursive: true });
    const plan = await planTrust(folder, await browsers(machine));
    expect(plan).toMatchObject([
      { status: { kind: 'unknown', advice: expect.stringContaining('apt-get install libnss3-tools') }, steps: [] },
    ]);
    expect((await planUntrust(folder, await browsers(machine)))[0]?.steps).toEqual([]);
  });
});

describe('Java', () => {
  test('is told, not touched', async () => {
    const { machine, base, folder } = await setUp();
    const keytool = join(base, 'jdk/bin/keytool');
    await executable(keytool, `echo "$@" >> '${base}/calls'; exit 1`);
    const stores = await findStores({ ...machine, environment: { JAVA_HOME: join(base, 'jdk') } });
    const plan = (await planTrust(folder, stores)).find(({ store }) => store.name.startsWith('Java'));
    expect(plan).toMatchObject({
      steps: [],
      status: { kind: 'manual', advice: expect.stringContaining(`${keytool} -importcert`) },
    });
    expect((await readFile(join(base, 'calls'), 'utf8')).trim().split('\n')).toEqual([
      expect.stringMatching(/^-list -cacerts/),
    ]);
  });

  test('what a person has done is seen', async () => {
    const { machine, base, folder, authority } = await setUp();
    await executable(
      join(base, 'bin/keytool'),
      `echo 'Certificate fingerprint (SHA-256): ${authority.root.certificate.fingerprint256}'`,
    );
    const stores = await findStores({ ...machine, environment: { PATH: join(base, 'bin') } });
    const plan = (await planTrust(folder, stores)).find(({ store }) => store.name.startsWith('Java'));
    expect(plan?.status).toEqual({ kind: 'trusted', removal: expect.stringContaining(' -delete -cacerts ') });
  });
});

test('without a root there is nothing to trust, and nothing to take out', async () => {
  const folder = await temporaryFolder();
  await expect(planTrust(folder, [])).rejects.toMatchObject({ code: 'root-certificate-missing' });
  expect(await planUntrust(folder, [])).toEqual([]);
});

test('a command that does not exist, or says much, is an outcome like any other', async () => {
  expect(await runCommand(['/no/such/command'])).toMatchObject({ code: undefined });
  expect(await runCommand(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

describe('the bundle', () => {
  test('holds the roots of the system and ours, and is not written again for nothing', async () => {
    const { base, folder, authority } = await setUp();
    const system = join(base, 'system.pem');
    const others = '-----BEGIN CERTIFICATE-----\nothers\n-----END CERTIFICATE-----\n';
    await writeFile(system, `${others}\n`);
    const ours = await readFile(authority.file, 'utf8');
    const file = await writeBundle(folder, ours, { systems: [join(base, 'absent'), system] });
    expect(file).toBe(join(folder, 'bundle.pem'));
    expect(await readFile(file, 'utf8')).toBe(others + ours);
    await writeBundle(folder, ours, { systems: [system] });
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^\.new-/));
  });

  test('takes the roots that Node brings where the system has no file', async () => {
    const { folder, authority } = await setUp();
    const ours = await readFile(authority.file, 'utf8');
    const text = await readFile(await writeBundle(folder, ours, { systems: [] }), 'utf8');
    expect(text.split('BEGIN CERTIFICATE').length).toBeGreaterThan(100);
    expect(text.endsWith(`\n${ours}`)).toBe(true);
  });
});
