import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFile } from '../../resolver/regular-file.ts';
import type { RootCertificate } from '../certificate-folder.ts';
import { fileName, type Machine, type Step, type TrustStore } from './trust-store.ts';

/** How a family of distributions keeps the roots that a machine trusts. */
export interface LinuxFamily {
  readonly name: string;
  /** Where an administrator puts further roots. */
  readonly anchors: string;
  readonly extension: '.crt' | '.pem';
  /** Makes the files that programs read. */
  readonly update: readonly [string, ...string[]];
  /** The same after a root was taken away, where that is another command. */
  readonly refresh?: readonly [string, ...string[]];
  /** What else has to be told that a root was taken away: commands that are there where a file is. */
  readonly forget?: { readonly where: string; readonly commands: readonly (readonly [string, ...string[]])[] };
  /** All roots in one file, as the update made it. */
  readonly bundle: string;
  /** Installs the tools for NSS databases. */
  readonly nssTools: string;
}

/** The first whose folder exists is this machine's. Others have the folder of Debian as well, so it comes last. */
const families: readonly LinuxFamily[] = [
  {
    name: 'Fedora, RHEL',
    anchors: 'etc/pki/ca-trust/source/anchors',
    extension: '.pem',
    update: ['update-ca-trust', 'extract'],
    bundle: 'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
    nssTools: 'dnf install nss-tools',
  },
  {
    name: 'Arch Linux',
    anchors: 'etc/ca-certificates/trust-source/anchors',
    extension: '.crt',
    update: ['update-ca-trust'],
    bundle: 'etc/ca-certificates/extracted/tls-ca-bundle.pem',
    nssTools: 'pacman -S nss',
  },
  {
    name: 'openSUSE',
    anchors: 'usr/share/pki/trust/anchors',
    extension: '.pem',
    update: ['update-ca-certificates'],
    bundle: 'var/lib/ca-certificates/ca-bundle.pem',
    nssTools: 'zypper install mozilla-nss-tools',
  },
  {
    name: 'Debian, Ubuntu',
    anchors: 'usr/local/share/ca-certificates',
    extension: '.crt',
    update: ['update-ca-certificates'],
    // Without it, links to the root that is gone stay behind.
    refresh: ['update-ca-certificates', '--fresh'],
    // Debian's Java takes each root of the system over, and gives it up only when its own trigger says so (jks-keystore).
    forget: {
      where: 'etc/ca-certificates/update.d/jks-keystore',
      commands: [
        ['dpkg-trigger', '--by-package=ca-certificates', '--no-await', 'update-ca-certificates-java-fresh'],
        ['dpkg', '--triggers-only', '--pending'],
      ],
    },
    bundle: 'etc/ssl/certs/ca-certificates.crt',
    nssTools: 'apt-get install libnss3-tools',
  },
];

/** The family of this machine; undefined for one that none of the folders is found on. */
export const linuxFamily = async ({ at }: Machine): Promise<LinuxFamily | undefined> => {
  for (const family of families) {
    const found = await stat(join(at, family.anchors)).catch(() => undefined);
    if (found?.isDirectory()) return family;
  }
  return undefined;
};

/** The store of the system, which curl, Git, Python, Go, PHP and Ruby use. */
export const linuxStore = async (machine: Machine): Promise<TrustStore> => {
  const family = await linuxFamily(machine);
  if (family === undefined) {
    return {
      name: 'the system',
      status: async ({ file }) => ({
        kind: 'manual',
        advice: `This Linux keeps its roots in a place that Sidings does not know. Add ${file} as its manual says.`,
      }),
      install: async () => [],
      uninstall: async () => [],
    };
  }
  const { name, anchors, extension, bundle, update, refresh = update, forget } = family;
  const anchor = (root: RootCertificate): string => join(machine.at, anchors, fileName(root) + extension);
  const exists = (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      () => false,
    );
  return {
    name: `the system (${name})`,
    status: async ({ certificate }) => {
      const roots = await readRegularFile(join(machine.at, bundle)).catch(() => '');
      return { kind: holds(roots, certificate.raw) ? 'trusted' : 'missing' };
    },
    install: async (root) => [asRoot('install', '-m', '0644', root.file, anchor(root)), asRoot(...update)],
    uninstall: async (root) => {
      if (!(await exists(anchor(root)))) return [];
      const told = forget !== undefined && (await exists(join(machine.at, forget.where))) ? forget.commands : [];
      return [asRoot('rm', '-f', anchor(root)), asRoot(...refresh), ...told.map((command) => asRoot(...command))];
    },
  };
};

const asRoot = (...command: [string, ...string[]]): Step => ({ command, asRoot: true });

/** Whether a file of certificates in PEM holds one. */
const holds = (pem: string, der: Buffer): boolean => pem.replace(/\s+/g, '').includes(der.toString('base64'));
