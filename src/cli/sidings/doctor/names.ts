import { lookup } from 'node:dns/promises';
import { devNull, networkInterfaces } from 'node:os';
import { statusHostnames } from '../../../model/hostname.ts';
import { isLoopback } from '../../../registry/reach.ts';
import { findCommand, type Machine } from '../../../tls/trust-stores/trust-store.ts';
import { namesOf } from '../hosts-block.ts';
import { type Check, count, type Finding, ok, type Scene, warn, wrong } from './finding.ts';

const mend = 'Run: sidings hosts sync';
/** Names that are looked up: enough to see that the hosts file is not up to date. */
const maxNames = 50;

/** Whether our names lead to this machine, for each way in which programs look names up. */
export const namesCheck: Check = {
  name: 'names',
  look: async (scene) => {
    const names = namesOf(scene.workstreams, scene.settings.suffixes).slice(0, maxNames);
    // A request for this one reaches no service.
    const status = scene.settings.suffixes.flatMap(statusHostnames).find((name) => name !== 'localhost');
    return [await lookAtSystem(names), await lookAtCurl(status ?? 'localhost', scene)];
  },
};

/** Browsers and newer programs take these for this machine without asking anybody (RFC 6761 §6.3). */
const isReserved = (name: string): boolean => name.endsWith('.localhost');

const lookAtSystem = async (names: readonly string[]): Promise<Finding> => {
  const interfaces = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  for (const name of names) {
    const found = await lookup(name, { all: true }).then(
      (all) => all.map(({ address }) => address),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    const finding = judgeLookup(name, found, interfaces);
    // The first one says enough, and each may take seconds.
    if (finding !== undefined) return finding;
  }
  return ok(`getaddrinfo, which Node, Python and psql use, resolves ${count(names.length, 'name')} of ours.`);
};

/** Pure: what is wrong with the addresses of a name, or with the error instead of them, on a machine with these addresses. */
export const judgeLookup = (
  name: string,
  found: readonly string[] | string,
  interfaces: readonly string[],
): Finding | undefined => {
  if (typeof found === 'string') {
    const message = `getaddrinfo does not resolve ${name} (${found}): Node, Python and psql cannot use it.`;
    return (isReserved(name) ? warn : wrong)(message, mend);
  }
  const foreign = found.find((address) => !isLoopback(address) && !interfaces.includes(address));
  if (foreign === undefined) return undefined;
  return wrong(`getaddrinfo resolves ${name} to ${foreign}, which is not this machine.`, mend);
};

/** Exit codes of curl (curl(1)). */
const unresolved = 6;
/** Nobody listens there. */
const closedPort = 1;

const lookAtCurl = async (name: string, { machine, daemon, settings }: Scene): Promise<Finding> => {
  const file = await findCommand('curl', machine.environment.PATH);
  if (file === undefined) return ok('curl is not installed, so it was not tried.');
  const version = await curlVersion(file, machine);
  // Whether it resolves the name is seen from how it fails, too.
  const port = daemon === undefined ? closedPort : settings.httpPort;
  const quiet = ['-q', '--silent', '--show-error', '--output', devNull, '--noproxy', '*', '--max-time', '5', '--head'];
  const { code } = await machine.run([file, ...quiet, `http://${name}:${port}/`]);
  return judgeCurl(name, version, code);
};

const curlVersion = async (file: string, { run }: Machine): Promise<string> =>
  /^curl (\d{1,4}\.\d{1,4}[\w.-]{0,20})/.exec((await run([file, '--version'])).stdout)?.[1] ?? 'of an unknown version';

/** Since this version, curl takes every name under localhost for this machine. */
const resolvesLocalhost = [7, 85] as const;

/** Pure: what it means that a curl ended with a code when it was asked for a name. */
export const judgeCurl = (name: string, version: string, code: number | undefined): Finding => {
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  const isOld = major < resolvesLocalhost[0] || (major === resolvesLocalhost[0] && minor < resolvesLocalhost[1]);
  if (code === unresolved) {
    const because = isReserved(name) && isOld ? `, which it does from ${resolvesLocalhost.join('.')} on` : '';
    return (isReserved(name) ? warn : wrong)(`curl ${version} does not resolve ${name}${because}.`, mend);
  }
  if (code === undefined) return warn(`curl ${version} did not answer.`, 'Run: curl --version');
  return ok(`curl ${version} resolves ${name}.`);
};
