import { devNull } from 'node:os';
import { connect } from 'node:tls';
import { statusHostnames } from '../../../model/hostname.ts';
import { rootCertificateFile } from '../../../model/root-certificate.ts';
import { readRegularFile } from '../../../resolver/regular-file.ts';
import { findCommand, type Machine } from '../../../tls/trust-stores/trust-store.ts';
import { isSidings } from '../daemon-client.ts';
import { type Check, type Finding, list, ok, type Scene, wrong } from './finding.ts';
import { reachable } from './proxy-addresses.ts';

const patienceMs = 5000;

/** Somebody whom the running daemon answers with TLS. */
interface Place {
  readonly address: string;
  readonly port: number;
  /** One of our names. */
  readonly name: string;
}

/** Handshakes with the running daemon: what files say is one thing, what clients accept is another. */
export const handshakeCheck: Check = {
  name: 'handshake',
  look: async (scene) => {
    const { bind, suffixes, httpsPort: port, tls } = scene.settings;
    if (tls === false) return [ok('TLS is off, so there is none to try.')];
    const addresses = bind.map(reachable);
    const answers = await Promise.all(addresses.map((address) => isSidings(address, { scheme: 'https', port })));
    const places = addresses
      .filter((_, index) => answers[index])
      .flatMap((address) => suffixes.flatMap(statusName).map((name) => ({ address, port, name })));
    const [first] = places;
    if (first === undefined) return [ok(`Not tried: no sidings answers with TLS on port ${port}.`)];
    const withRoot = tls === true ? await tryRoot(places, scene) : [];
    // What whoever trusts the root refuses, nobody accepts.
    return withRoot.some(({ level }) => level === 'error') ? withRoot : [...withRoot, await trySystem(first, scene)];
  },
};

/** No request to it reaches a service. */
const statusName = (suffix: string): readonly string[] => statusHostnames(suffix).slice(-1);

/** As a client that is told our root and nothing else, such as Node with NODE_EXTRA_CA_CERTS. */
const tryRoot = async (
  places: readonly Place[],
  { settings: { certificateDirectory } }: Scene,
): Promise<readonly Finding[]> => {
  const file = rootCertificateFile(certificateDirectory);
  const ca = await readRegularFile(file).catch(() => undefined);
  const hint = 'The running sidings has other settings: start it again, or name them here, such as --certs-dir.';
  if (ca === undefined) return [wrong(`There is no ${file}, and yet sidings answers with TLS.`, hint)];
  const reasons = await Promise.all(places.map((place) => handshake(place, ca)));
  const failures = reasons.filter((reason) => reason !== undefined);
  if (failures.length > 0)
    return failures.map((reason) => wrong(`Not accepted by whoever trusts ${file}: ${reason}.`, hint));
  const where = list([...new Set(places.map(({ address }) => address))]);
  const names = list([...new Set(places.map(({ name }) => name))]);
  return [ok(`${names} on ${where}: accepted by whoever trusts ${file}.`)];
};

/** Why a client that trusts one root does not accept the certificate for a name; undefined where it does. */
const handshake = ({ address, port, name }: Place, ca: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, servername: name, ca, timeout: patienceMs });
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason && `${name} on ${address}: ${reason}`);
    };
    socket.once('secureConnect', () => end(undefined));
    socket.once('timeout', () => end('no answer'));
    socket.on('error', ({ message }) => end(message));
  });

/** As a client that knows the store of the system only: by programs that use it. */
const trySystem = async (place: Place, { settings: { tls }, machine }: Scene): Promise<Finding> => {
  const client = (await curl(place, machine)) ?? (await openssl(place, machine));
  if (client === undefined)
    return ok('Neither curl nor openssl is installed, so no client with the store of the system was tried.');
  const { code, stdout, stderr } = await machine.run(client.command);
  if (code === 0) return ok(`${client.name} accepts ${place.name} with the store of the system.`);
  const lines = (stderr || stdout).split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((one) => /error|problem/i.test(one)) ?? lines[0] ?? `exit code ${code}`;
  const reason = line.trim().replace(/\.$/, '');
  const hint =
    tls === true ? 'Run: sidings trust' : 'Trust whoever made your certificate, for example with: mkcert -install';
  return wrong(`${client.name} does not accept ${place.name} with the store of the system: ${reason}.`, hint);
};

interface Client {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const curl = async ({ address, port, name }: Place, { environment }: Machine): Promise<Client | undefined> => {
  const file = await findCommand('curl', environment.PATH);
  if (file === undefined) return undefined;
  const quiet = ['-q', '--silent', '--show-error', '--output', devNull, '--noproxy', '*', '--max-time', '5'];
  const to = ['--resolve', `${name}:${port}:${inUrl(address)}`, `https://${name}:${port}/`];
  return { name: 'curl', command: [file, ...quiet, ...to] };
};

const openssl = async ({ address, port, name }: Place, { environment }: Machine): Promise<Client | undefined> => {
  const file = await findCommand('openssl', environment.PATH);
  if (file === undefined) return undefined;
  const to = ['-connect', `${inUrl(address)}:${port}`, '-servername', name, '-verify_hostname', name];
  return { name: 'openssl', command: [file, 's_client', '-brief', '-verify_return_error', ...to] };
};
