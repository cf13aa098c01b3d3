import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../model/problem.ts';
import { type JsonFileKind, readJsonFile, type Validator } from '../resolver/json-file.ts';
import { homeFolder } from './home.ts';
import { type SettingsFile, validate } from './settings.generated.ts';
import { mergeSettings, type SettingFlags, type Settings, xdgFolder } from './settings.ts';

export interface SettingInput {
  readonly flags?: SettingFlags & { readonly config?: string | undefined };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly home?: string;
}

const settingsFile: JsonFileKind = {
  validate: validate as Validator,
  schema: new URL('../../config/settings.schema.json', import.meta.url),
  unreadable: (file, reason) => fail('config-unreadable', { file, reason }),
  syntax: (file, line, column, reason) =>
    fail('config-invalid', {
      source: file,
      path: `line ${line}, column ${column}:`,
      reason,
      suggestion: 'The file is JSON; comments and trailing commas are allowed.',
    }),
  invalid: (source, path, reason, suggestion) => fail('config-invalid', { source, path, reason, suggestion }),
};

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The effective settings: flags, then `SIDINGS_*`, then the configuration file, then defaults. The file is the one that
 * `--config` or `SIDINGS_CONFIG` names (it must exist), else `$XDG_CONFIG_HOME/sidings/config.json`, else
 * `config/config.json` of a checkout of Sidings, where there is one.
 * Errors: `config-unreadable`, `config-invalid`.
 */
export const loadSettings = async ({
  flags = {},
  environment = process.env,
  cwd = process.cwd(),
  home = homeFolder(),
}: SettingInput = {}): Promise<Settings> => {
  const named = flags.config ?? (environment.SIDINGS_CONFIG || undefined);
  const usual = join(xdgFolder(environment.XDG_CONFIG_HOME) ?? join(home, '.config'), 'sidings/config.json');
  const ofCheckout = join(packageRoot, 'config/config.json');

  const path = named !== undefined ? resolve(cwd, named) : (existing(usual) ?? existing(ofCheckout) ?? usual);
  const content = named !== undefined || existsSync(path) ? await readJsonFile<SettingsFile>(path, settingsFile) : {};
  return mergeSettings({
    flags,
    environment,
    file: { path, directory: dirname(path), content },
    cwd,
    home,
    // An installed package has no sources.
    checkoutCertificates: existsSync(join(packageRoot, 'src')) ? join(packageRoot, 'certs') : undefined,
  });
};

const existing = (path: string): string | undefined => (existsSync(path) ? path : undefined);
