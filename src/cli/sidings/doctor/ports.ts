import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { ProxyAddress } from '../../../model/address.ts';
import { fail, SidingsError } from '../../../model/problem.ts';
import { isSidings } from '../daemon-client.ts';
import { explainBinding } from '../explain-binding.ts';
import { type Check, type Finding, list, ofProblem, ok, type Scene, warn, wrong } from './finding.ts';
import { proxyAddresses, reachable } from './proxy-addresses.ts';

/** How long a connection inside the machine may take. */
const patienceMs = 2000;

/** Listens for a moment and does something meanwhile. Rejects with the system's error. */
const listening = async <Result>(
  address: string,
  port: number,
  work: (server: Server) => Promise<Result>,
): Promise<Result> => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port, host: address, exclusive: true }, resolve);
  });
  try {
    return await work(server);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
};

/** Why a port may not be bound; undefined where it may. Binding is the only way to know. */
const refusalOf = async (address: string, port: number): Promise<SidingsError | undefined> => {
  try {
    await listening(address, port, async () => undefined);
    return undefined;
  } catch (error) {
    const explained = await explainBinding(error);
    return explained instanceof SidingsError
      ? explained
      : fail('bind-failed', { port, address, reason: String(error) });
  }
};

/** Who holds the ports of the proxy, or whether they may be bound. */
export const portCheck: Check = {
  name: 'ports',
  look: async (scene) => {
    const proxies = proxyAddresses(scene.settings);
    const ports = [...new Set(proxies.map(({ port }) => port))];
    const findings = await Promise.all(
      ports.map((port) => {
        const here = proxies.filter((proxy) => proxy.port === port);
        return lookAtPort(port, here, scene);
      }),
    );
    return findings.flat();
  },
};

const lookAtPort = async (
  port: number,
  proxies: readonly ProxyAddress[],
  { settings, bindsAsRoot }: Scene,
): Promise<readonly Finding[]> => {
  if (port === 0) return [ok('Port 0: any free port is taken.')];
  const ours: string[] = [];
  const free: string[] = [];
  const refusals = new Map<string, SidingsError>();
  for (const address of settings.bind) {
    const answers = await Promise.all(proxies.map((proxy) => isSidings(reachable(address), proxy)));
    const refusal = answers.includes(true) ? undefined : await refusalOf(address, port);
    if (answers.includes(true)) ours.push(address);
    else if (refusal === undefined || (bindsAsRoot && refusal.code === 'port-privileged')) free.push(address);
    else refusals.set(refusal.message, refusal);
  }
  const problems = [...refusals.values()]
    // A daemon that runs has the rights that it needs.
    .filter(({ code }) => ours.length === 0 || code !== 'port-privileged')
    .map(({ problem }) => ofProblem(problem));
  if (ours.length > 0) return [ok(`Port ${port}: sidings answers on ${list(ours)}.`), ...problems];
  return free.length > 0 ? [ok(`Port ${port} is free on ${list(free)}.`), ...problems] : problems;
};

/** What is wrong with an address of this machine, as the code of the system's error; undefined where a connection gets through. */
const faultOf = (address: string): Promise<string | undefined> =>
  listening(address, 0, async (server) => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: address, port, timeout: patienceMs });
    return new Promise<string | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('timeout', () => resolve('ETIMEDOUT'));
      socket.on('error', (error) => resolve(codeOf(error)));
    }).finally(() => socket.destroy());
  }).catch(codeOf);

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message;

const absent = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** Pure: what the faults of 127.0.0.1 and ::1 mean. */
export const judgeLoopback = (v4: string | undefined, v6: string | undefined): readonly Finding[] => {
  const findings: Finding[] = [];
  if (v4 !== undefined)
    findings.push(
      wrong(`127.0.0.1 cannot be used: ${v4}.`, 'Bring the loopback interface up, and look at the firewall.'),
    );
  if (v6 !== undefined && absent.includes(v6))
    findings.push(
      warn('There is no ::1, since IPv6 is off.', 'Dev servers that listen on ::1 only cannot start; all others can.'),
    );
  else if (v6 !== undefined)
    findings.push(
      wrong(`::1 cannot be used: ${v6}.`, 'Browsers try it first: look at the firewall, or turn IPv6 off.'),
    );
  return findings.length > 0 ? findings : [ok('Connections to 127.0.0.1 and ::1 get through.')];
};

/** Whether both loopback families work, by a connection on each: dev servers bind either. */
export const loopbackCheck: Check = {
  name: 'loopback',
  look: async () => judgeLoopback(await faultOf('127.0.0.1'), await faultOf('::1')),
};
