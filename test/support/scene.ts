import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scene } from '../../src/cli/sidings/doctor/finding.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { SettingFlags } from '../../src/config/settings.ts';
import { commandRunner } from '../../src/tls/trust-stores/trust-store.ts';
import { write } from './folder.ts';

/** What doctor looks at: a machine inside a folder, with the commands in its `tools` and no sidings that runs. */
export const sceneIn = async (
  folder: string,
  { flags = {}, ...more }: Partial<Scene> & { readonly flags?: SettingFlags } = {},
): Promise<Scene> => {
  const environment = { PATH: join(folder, 'tools') };
  const given = { stateDir: join(folder, 'state'), certsDir: join(folder, 'certs'), ...flags };
  return {
    settings: await loadSettings({ flags: given, environment: {}, cwd: folder, home: folder }),
    machine: { platform: 'linux', home: folder, environment, at: folder, run: commandRunner({ environment }) },
    bindsAsRoot: false,
    daemon: undefined,
    refusal: undefined,
    workstreams: [],
    ...more,
  };
};

/** Puts a command that is a shell script into a folder's `tools`. */
export const standIn = async (folder: string, name: string, script: string): Promise<void> => {
  const file = join(folder, 'tools', name);
  await write(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
};

/** Where Debian keeps the roots that a machine trusts. */
export const debianStore = async (folder: string, roots: string): Promise<void> => {
  await write(join(folder, 'usr/local/share/ca-certificates/.keep'), '');
  await write(join(folder, 'etc/ssl/certs/ca-certificates.crt'), '');
  await writeFile(join(folder, 'etc/ssl/certs/ca-certificates.crt'), roots);
};
