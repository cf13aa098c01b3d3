import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { logLevels, type SettingFlags, type Settings } from '../../config/settings.ts';
import { fail, SidingsError } from '../../model/problem.ts';
import { findCopy } from '../../resolver/find-copy.ts';

export type SettingOptions = SettingFlags & { readonly config?: string };

const repeat = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the flags that say which daemon, which copies and which state folder are meant. */
export const addSettingOptions = (command: Command): Command =>
  command
    .option('--http-port <port>', 'port of the proxy for clear text')
    .option('--https-port <port>', 'port of the proxy for TLS (default: 443 beside 80, 8443 beside 8080)')
    .option('--port <port>', 'one port for both')
    .option('--no-tls', 'clear text only')
    .option('--no-docker', 'leave containers alone')
    .option('--upstream-host <host>', 'where servers of this machine are reached (for sidings in a container)')
    .addOption(new Option('--root <dir>', 'folder whose subfolders may be copies (repeat it)').argParser(repeat))
    .addOption(new Option('--suffix <suffix>', 'what hostnames end in (repeat it)').argParser(repeat))
    .option('--config <file>', 'the configuration file')
    .option('--state-dir <dir>', 'folder for claimed slots and captured logs')
    .option('--certs-dir <dir>', 'folder of the root certificate');

/** Adds the flags that say how a daemon is reached. */
export const addListenOptions = (command: Command): Command =>
  command
    .addOption(new Option('--bind <address>', 'address to listen on (repeat it)').argParser(repeat))
    .option('--tls-cert <file>', 'a certificate of your own instead of our root, in PEM')
    .option('--tls-key <file>', 'its key');

/** Adds the flags that only a daemon needs. */
export const addDaemonOptions = (command: Command): Command =>
  addListenOptions(command)
    .option('--response-timeout <seconds>', 'how long a service may take to begin its answer')
    .option('--history <count>', 'how many requests are remembered; 0: none')
    .option('--lanes <lanes>', 'full: without the fast lane, for diagnosis')
    .option('--log-level <level>', logLevels.join(', '))
    .option('--access-log', 'one line for each request');

/**
 * The settings with the folders that are looked through: where nothing names one, the parent of the copy that the command runs in.
 * Errors: `roots-unknown` outside every copy.
 */
export const withRoots = async (settings: Settings, cwd: string): Promise<Settings> => {
  if (settings.roots.length > 0) return settings;
  try {
    return { ...settings, roots: [dirname(await findCopy(cwd))] };
  } catch (error) {
    if (!(error instanceof SidingsError && error.code === 'project-not-found')) throw error;
    throw fail('roots-unknown', { directory: cwd, config: settings.file });
  }
};
