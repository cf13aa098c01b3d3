import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { fail } from '../../model/problem.ts';
import { printable } from '../../model/text.ts';
import { reasonOf } from '../../resolver/regular-file.ts';
import { describeCommand, runWithSudo } from '../../tls/trust-stores/trust-store.ts';
import { canAsk, confirm } from '../ask.ts';
import { behindLinks, type Current, readCurrent, replaceContent } from '../edit-file.ts';
import { printJson, printText } from '../report.ts';
import { withHosts } from './hosts-block.ts';
import { becomeInvoker, type Invoker } from './invoker.ts';
import type { SettingOptions } from './setting-options.ts';

export type HostsOptions = SettingOptions & {
  readonly file?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
};

/** Which names the hosts file is to hold; undefined for none, and no block. */
export type Names = (settings: Settings) => Promise<readonly string[] | undefined>;

/** Puts names into the block of Sidings in the hosts file. Errors: `hosts-block-broken`, `hosts-needs-root`, `file-unwritable`. */
export const changeHosts = async (
  { file = usualFile(process.platform, process.env), dryRun, yes, json, ...flags }: HostsOptions,
  namesFor: Names,
): Promise<number> => {
  const invoker = becomeInvoker(process.env);
  const names = await namesFor(await loadSettings({ flags, ...invoker?.identity }));
  const unwritable = (error: unknown) => fail('file-unwritable', { file, reason: reasonOf(error) });
  const { path, current } = await open(file).catch((error: unknown) => {
    throw unwritable(error);
  });
  // Bytes as characters: what is not UTF-8 comes back as it was.
  const before = current?.bytes.toString('latin1') ?? '';
  const after = withHosts(before, names);
  if (typeof after !== 'string') throw fail('hosts-block-broken', { file, ...after });

  const changed = after !== before;
  if (changed && !dryRun) {
    const bytes = Buffer.from(after, 'latin1');
    try {
      await writeFor(invoker, () => replaceContent(path, bytes, current));
    } catch (error) {
      if (!isDenied(error)) throw unwritable(error);
      if (process.platform === 'win32')
        throw fail('hosts-needs-root', { file, command: describeCommand(ownCommand()) });
      if (!canAsk() || !(yes || (!json && (await agrees(file))))) {
        throw fail('hosts-needs-root', { file, command: describeCommand(['sudo', ...ownCommand()]) });
      }
      return (await runWithSudo(ownCommand())).code ?? 1;
    }
  }
  if (json) printJson({ file, changed: changed && !dryRun, names: names ?? [], problems: [] });
  else printText(describe(file, { names, changed, dryRun }));
  return 0;
};

const open = async (file: string): Promise<{ readonly path: string; readonly current: Current | undefined }> => {
  const path = await behindLinks(file);
  return { path, current: await readCurrent(path) };
};

const usualFile = (platform: NodeJS.Platform, { SystemRoot }: NodeJS.ProcessEnv): string =>
  platform === 'win32' ? join(SystemRoot ?? 'C:\\Windows', 'System32\\drivers\\etc\\hosts') : '/etc/hosts';

/** The hosts file of Windows as WSL sees it: browsers run there. */
const windowsFile = '/mnt/c/Windows/System32/drivers/etc/hosts';

const writeFor = (invoker: Invoker | undefined, write: () => Promise<void>): Promise<void> =>
  invoker === undefined ? write() : invoker.asRoot(write);

const isDenied = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '') && process.geteuid?.() !== 0;

/** Said before sudo asks for a password. */
const agrees = (file: string): Promise<boolean> => {
  printText(`${printable(`${file} belongs to root: ${describeCommand(['sudo', ...ownCommand()])}`)}\n`);
  return confirm('Run this?');
};

/** This very command, with the variables that say which copies are meant: sudo takes them away. */
const ownCommand = (): readonly [string, ...string[]] => {
  const variables = Object.entries(process.env).filter(([name]) =>
    /^(SIDINGS_\w+|XDG_(CONFIG|STATE)_HOME)$/.test(name),
  );
  const set = variables.map(([name, value]) => `${name}=${value}`);
  return ['env', ...set, process.execPath, ...process.argv.slice(1)];
};

const describe = (
  file: string,
  {
    names = [],
    changed,
    dryRun,
  }: { readonly names: readonly string[] | undefined; readonly changed: boolean; readonly dryRun: boolean | undefined },
): string => {
  const count = names.length === 0 ? 'no names' : `${names.length} names`;
  const outcome = !changed ? 'is up to date' : dryRun ? 'would be written' : 'written';
  const list = dryRun ? names.map((name) => `  ${name}\n`).join('') : '';
  return `${printable(file)} ${outcome}: ${count} of Sidings.\n${list}${noteOnWsl(file)}`;
};

const noteOnWsl = (file: string): string =>
  file === '/etc/hosts' && existsSync('/proc/sys/fs/binfmt_misc/WSLInterop') && existsSync(windowsFile)
    ? `Programs on Windows have a file of their own: as administrator, run it again with --file ${windowsFile}.\n` +
      'WSL writes /etc/hosts anew at each start unless /etc/wsl.conf says generateHosts = false.\n'
    : '';
