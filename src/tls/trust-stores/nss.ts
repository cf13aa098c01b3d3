import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootCertificate } from '../certificate-folder.ts';
import { linuxFamily } from './linux.ts';
import { displayName, findCommand, type Machine, type Step, type TrustStore } from './trust-store.ts';

/** The folder of an NSS database, which need not exist yet, and whose it is. */
interface Database {
  readonly directory: string;
  readonly program: 'Chromium' | 'Firefox';
}

const chromiums = [
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'brave-browser', 'brave', 'vivaldi'],
  ...['microsoft-edge', 'opera'],
];

/** Databases of the browsers of one user: of packages of the distribution, of Snap and of Flatpak. */
export const nssStores = async (machine: Machine): Promise<readonly TrustStore[]> => {
  const databases =
    machine.platform === 'darwin'
      ? await profiles([join(machine.home, 'Library/Application Support/Firefox/Profiles')])
      : [...(await chromiumDatabases(machine)), ...(await firefoxDatabases(machine))];
  if (databases.length === 0) return [];
  const certutil = await findCertutil(machine);
  const family = machine.platform === 'darwin' ? undefined : await linuxFamily(machine);
  const advice =
    machine.platform === 'darwin'
      ? 'Firefox takes the roots of the system since version 120. For an older one: brew install nss'
      : `The command certutil is missing. Install it, then run this again: ${family?.nssTools ?? 'its package is called nss-tools'}`;
  return databases.map((database) => nssStore(database, certutil, advice, machine));
};

const nssStore = (
  { directory, program }: Database,
  certutil: string | undefined,
  advice: string,
  { run }: Machine,
): TrustStore => {
  const name = `${program} (${directory})`;
  if (certutil === undefined) {
    return {
      name,
      status: async () => ({ kind: 'unknown', advice }),
      install: async () => [],
      uninstall: async () => [],
    };
  }
  const database = ['-d', `sql:${directory}`];
  const step = (...args: string[]): Step => ({ command: [certutil, ...args], asRoot: false });

  /** The entry of the root, whoever made it: browsers add to the name when a person imports it. */
  const find = async (root: RootCertificate): Promise<Entry | undefined> => {
    const { stdout } = await run([certutil, '-L', ...database]);
    for (const entry of entries(stdout)) {
      if (!entry.nickname.includes(displayName(root))) continue;
      const { stdout: pem } = await run([certutil, '-L', ...database, '-n', entry.nickname, '-a']);
      if (pem.replace(/\s+/g, '').includes(root.certificate.raw.toString('base64'))) return entry;
    }
    return undefined;
  };

  return {
    name,
    status: async (root) => ({ kind: (await find(root))?.trusted === true ? 'trusted' : 'missing' }),
    install: async (root) => [
      ...((await isDatabase(directory))
        ? []
        : [
            { command: ['mkdir', '-p', directory], asRoot: false } as const,
            step('-N', ...database, '--empty-password'),
          ]),
      // C: vouches for TLS servers, and for nothing else.
      step('-A', ...database, '-t', 'C,,', '-n', displayName(root), '-i', root.file),
    ],
    uninstall: async (root) => {
      const entry = await find(root);
      return entry === undefined ? [] : [step('-D', ...database, '-n', entry.nickname)];
    },
  };
};

interface Entry {
  readonly nickname: string;
  readonly trusted: boolean;
}

/** Pure: the list that `certutil -L` prints, in each line a nickname and three groups of flags. */
export const entries = (list: string): readonly Entry[] =>
  list.split('\n').flatMap((line) => {
    const text = line.trim();
    const space = text.lastIndexOf(' ');
    const flags = /^([a-zA-Z]*),[a-zA-Z]*,[a-zA-Z]*$/.exec(text.slice(space + 1))?.[1];
    if (space === -1 || flags === undefined) return [];
    return [{ nickname: text.slice(0, space).trimEnd(), trusted: flags.includes('C') }];
  });

const findCertutil = async ({ platform, environment }: Machine): Promise<string | undefined> =>
  findCommand(
    'certutil',
    platform === 'darwin'
      ? [environment.PATH, '/opt/homebrew/opt/nss/bin', '/usr/local/opt/nss/bin'].join(':')
      : environment.PATH,
  );

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const isDatabase = (directory: string): Promise<boolean> =>
  stat(join(directory, 'cert9.db')).then(
    () => true,
    () => false,
  );

const below = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).sort().map((name) => join(folder, name));

const xdg = ({ environment, home }: Machine, variable: string, usual: string): string => {
  const value = environment[variable];
  return value?.startsWith('/') ? value : join(home, usual);
};

/**
 * Chromium uses `~/.pki/nssdb` if that folder exists, and the one in the XDG data folder otherwise. Where there is none yet but a
 * Chromium, the one that it will use is made, so that its first start already trusts.
 */
const chromiumDatabases = async (machine: Machine): Promise<readonly Database[]> => {
  const { home } = machine;
  const earlier = join(home, '.pki/nssdb');
  const usual = join(xdg(machine, 'XDG_DATA_HOME', '.local/share'), 'pki/nssdb');
  const used = (await isFolder(earlier)) ? earlier : usual;
  const candidates = [
    earlier,
    usual,
    ...(await below(join(home, 'snap'))).flatMap((app) => [
      join(app, 'current/.pki/nssdb'),
      join(app, 'current/.local/share/pki/nssdb'),
    ]),
    ...(await below(join(home, '.var/app'))).flatMap((app) => [join(app, '.pki/nssdb'), join(app, 'data/pki/nssdb')]),
  ];
  const databases: Database[] = [];
  for (const directory of candidates) {
    const wanted = directory === used && ((await isFolder(directory)) || (await hasChromium(machine)));
    if (wanted || (await isDatabase(directory))) databases.push({ directory, program: 'Chromium' });
  }
  return databases;
};

const hasChromium = async (machine: Machine): Promise<boolean> => {
  for (const command of chromiums) {
    if ((await findCommand(command, machine.environment.PATH)) !== undefined) return true;
  }
  return (await below(join(xdg(machine, 'XDG_CACHE_HOME', '.cache'), 'ms-playwright'))).length > 0;
};

const firefoxDatabases = async (machine: Machine): Promise<readonly Database[]> => {
  const { home } = machine;
  return profiles([
    join(home, '.mozilla/firefox'),
    join(xdg(machine, 'XDG_CONFIG_HOME', '.config'), 'mozilla/firefox'),
    join(home, 'snap/firefox/common/.mozilla/firefox'),
    join(home, '.var/app/org.mozilla.firefox/.mozilla/firefox'),
    join(home, '.var/app/org.mozilla.firefox/config/mozilla/firefox'),
    join(home, '.librewolf'),
    join(home, '.zen'),
  ]);
};

/** Firefox makes a database in each profile at its first start. */
const profiles = async (folders: readonly string[]): Promise<readonly Database[]> => {
  const databases: Database[] = [];
  for (const folder of folders) {
    for (const directory of await below(folder)) {
      if (await isDatabase(directory)) databases.push({ directory, program: 'Firefox' });
    }
  }
  return databases;
};
