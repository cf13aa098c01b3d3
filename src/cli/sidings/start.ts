import { networkInterfaces } from 'node:os';
import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { type Daemon, startDaemon } from '../../daemon.ts';
import { createLog } from '../../feedback/log.ts';
import { urlOf } from '../../model/address.ts';
import { statusHostnames } from '../../model/hostname.ts';
import { printable } from '../../model/text.ts';
import { packageVersion } from '../command-line.ts';
import { jsonLine } from '../report.ts';
import { explainBinding } from './explain-binding.ts';
import { becomeInvoker } from './invoker.ts';
import { type SettingOptions, withRoots } from './setting-options.ts';

/** `sidings start`: the proxy and the status page in the foreground, until SIGINT or SIGTERM. */
export const start = async (flags: SettingOptions): Promise<number> => {
  const invoker = becomeInvoker(process.env);
  const cwd = process.cwd();
  const load = async (): Promise<Settings> =>
    withUsableAddresses(await withRoots(await loadSettings({ flags, cwd, ...invoker?.identity }), cwd));
  const settings = await load();
  const log = createLog({ level: settings.logLevel, terminal: process.stderr.isTTY });

  const end = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    // Whoever asks twice does not want to wait for what is under way.
    if (end.signal.aborted) process.exit(1);
    log.info({ signal }, 'ending');
    end.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);

  const bind = invoker?.asRoot ?? (<Result>(work: () => Promise<Result>) => work());
  const daemon = await startDaemon({
    settings,
    version: packageVersion(),
    log,
    home: invoker?.identity.home,
    signal: end.signal,
    bind,
  }).catch(async (error: unknown) => {
    throw await explainBinding(error);
  });
  invoker?.dropRoot();
  if (daemon === undefined) return 0;

  const reload = async (): Promise<void> => {
    try {
      const changed = await load();
      await daemon.reload(changed);
      log.info({ roots: changed.roots, restartFor: restartFor(settings, changed) }, 'configuration read again');
    } catch (error) {
      log.error({ reason: String(error) }, 'the configuration was not read again; what was in force stays');
    }
  };
  process.on('SIGHUP', oneAfterTheOther(reload));

  // Whoever started it may have left, and there are requests to be answered all the same.
  process.stdout.on('error', () => {}).write(readyLine(settings, daemon.ports));
  await daemon.closed;
  return 0;
};

/** Calls of which each begins when the one before has ended: of those that come meanwhile one is enough. `work` never rejects. */
const oneAfterTheOther = (work: () => Promise<void>): (() => void) => {
  let isWanted = false;
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await work();
    }
    isRunning = false;
  };
  return () => {
    isWanted = true;
    if (!isRunning) void run();
  };
};

/** Machines without IPv6 have no ::1; only somebody who asks for it is told so. */
export const withUsableAddresses = (settings: Settings): Settings => {
  if (settings.sources.bind !== 'default') return settings;
  const own = new Set(Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address)));
  return { ...settings, bind: settings.bind.filter((address) => address === '127.0.0.1' || own.has(address)) };
};

/** Names of settings that differ and that a running daemon cannot take over. */
const restartFor = (before: Settings, after: Settings): readonly string[] =>
  (
    [
      'httpPort',
      'httpsPort',
      'tls',
      'certificateDirectory',
      'bind',
      'suffixes',
      'stateDirectory',
      'docker',
      'upstreamHost',
      'responseTimeout',
      'history',
      'lanes',
      'logLevel',
      'accessLog',
    ] as const
  ).filter((name) => String(before[name]) !== String(after[name]));

/** For a person in a terminal, a JSON line for a program. Printed once, when requests are answered. */
const readyLine = ({ bind, roots, suffixes }: Settings, { http, https }: Daemon['ports']): string => {
  const [hostname = 'localhost'] = statusHostnames(suffixes[0] ?? 'localhost');
  const status = urlOf(
    hostname,
    https === undefined ? { scheme: 'http', port: http } : { scheme: 'https', port: https },
  );
  if (!process.stdout.isTTY) {
    const ports = {
      http: { port: http, addresses: bind },
      ...(https !== undefined && { https: { port: https, addresses: bind } }),
    };
    return jsonLine({ ready: true, pid: process.pid, status, ...ports, roots });
  }
  const ports = [...new Set([http, https])].filter((port) => port !== undefined).join(' and ');
  return `ready  ${status}  (port ${ports} of ${bind.join(' and ')}, copies under ${roots.map(printable).join(', ')})\n`;
};
