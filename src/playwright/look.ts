// A program of its own: a configuration of Playwright is read in one go and cannot wait, neither for files nor for the daemon. Takes a
// Question as its argument; prints Surroundings, or the problem that the run ends with and exits accordingly.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { exitCodeOf, printJson } from '../cli/report.ts';
import { reachable } from '../cli/sidings/doctor/proxy-addresses.ts';
import { workstreamOf } from '../cli/sidings/lookup.ts';
import { inspect } from '../cli/stack-env/inspect.ts';
import type { Settings } from '../config/settings.ts';
import { toLabel } from '../model/hostname.ts';
import { fail, type Problem, problem, SidingsError } from '../model/problem.ts';
import { rootCertificateFile } from '../model/root-certificate.ts';
import { shortHash } from '../model/text.ts';
import type { Resolution, Workstream } from '../model/workstream.ts';
import { foreignOwner } from '../resolver/guards.ts';
import { maskSecrets } from '../resolver/secrets.ts';
import type { Question, Surroundings, TestService } from './surroundings.ts';

const patienceMs = 5000;

const look = async ({ directory, stated, hostnames }: Question): Promise<Surroundings> => {
  const { copy, others, settings, env, problems } = await inspect({ dir: directory });
  for (const { source, value } of stated) {
    const owner = foreignOwner({ copy, others, suffixes: settings.suffixes }, value);
    if (owner !== undefined) {
      const shown = maskSecrets(source, value);
      throw fail('base-url-foreign', { source, value: shown, owner, name: copy.name });
    }
  }
  const { workstream, daemon } = await workstreamOf(copy.directory, settings);
  const all = [...problems, ...workstream.problems.filter(({ code }) => isFatal(code))];
  const rejected = all.find(({ severity }) => severity === 'error');
  if (rejected !== undefined) throw new SidingsError(rejected);

  const root =
    settings.tls === true
      ? await readFile(rootCertificateFile(settings.certificateDirectory), 'utf8').catch(() => undefined)
      : undefined;
  const loopback = reachable(settings.bind[0] ?? '127.0.0.1');
  const { name, project, mode, slot } = copy;
  const urls = workstream.services.flatMap((service) => service.urls);
  const names = daemon ? [...new Set([...urls.map((url) => new URL(url).hostname), ...hostnames])] : [];
  return {
    name,
    project,
    mode,
    slot,
    directory: copy.directory,
    warnings: all,
    services: servicesOf(copy, daemon ? workstream : undefined),
    env,
    suffixes: settings.suffixes,
    loopback,
    ...(root !== undefined && { root }),
    keys: root === undefined ? [] : await keysOf(names, { loopback, root, settings }),
    stateFolder: join(
      settings.stateDirectory,
      'playwright',
      `${toLabel(basename(copy.directory))}-${shortHash(copy.directory)}`,
    ),
  };
};

/** That something of this copy is another copy's. What is merely not started yet may be started by the run itself. */
const isFatal = (code: Problem['code']): boolean => code === 'foreign-owner' || code === 'slot-taken';

/** `workstream` as a daemon knows it. */
const servicesOf = (
  { services, mode }: Resolution,
  workstream: Workstream | undefined,
): Readonly<Record<string, TestService>> => {
  const entries = Object.entries(services).map(([name, service]): [string, TestService] => {
    const { kind, port } = service;
    if (kind === 'tcp') return [name, { kind, port }];
    const { localUrl } = service;
    const known = workstream?.services.find((one) => one.name === name);
    const url = mode === 'main' ? undefined : known?.url;
    return [name, { kind, port, url: url ?? localUrl, localUrl, ...(service.default && { default: true }) }];
  });
  return Object.fromEntries(entries);
};

interface Proxy {
  readonly loopback: string;
  readonly root: string;
  readonly settings: Settings;
}

/**
 * Public keys of the certificates that the proxy shows for names, each checked against our root here. A browser that is told these trusts
 * nothing else: our root cannot be handed to it, and telling it the key of the root would let in everybody who can show that certificate.
 */
const keysOf = async (names: readonly string[], proxy: Proxy): Promise<readonly string[]> => {
  const keys = await Promise.all(names.map((name) => keyOf(name, proxy)));
  return [...new Set(keys.filter((key) => key !== undefined))];
};

const keyOf = (servername: string, { loopback, root, settings }: Proxy): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket: TLSSocket = connect(
      { host: loopback, port: settings.httpsPort, servername, ca: root, timeout: patienceMs },
      () => {
        const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
        socket.destroy();
        resolve(key && createHash('sha256').update(key).digest('base64'));
      },
    );
    // What is not shown, or not by our root, is left to the judgement of the browser.
    const leave = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once('timeout', leave).on('error', leave);
  });

const answer = async (): Promise<number> => {
  try {
    printJson(await look(JSON.parse(process.argv[2] ?? '{}') as Question));
    return 0;
  } catch (error) {
    const found = error instanceof SidingsError ? error.problem : problem('internal', { reason: String(error) });
    printJson(found);
    return exitCodeOf([found]);
  }
};

process.exitCode = await answer();
