import { type IncomingMessage, request } from 'node:http';
import { request as requestByTls } from 'node:https';
import type { Settings } from '../../config/settings.ts';
import { type ProxyAddress, urlOf } from '../../model/address.ts';
import { statusHostnames } from '../../model/hostname.ts';
import { fail, type Problem, SidingsError } from '../../model/problem.ts';

/** A daemon on this machine answers at once; one that does not is as good as none. */
const patienceMs = 5000;

/**
 * What the running daemon says at a path of its API, or undefined when no sidings answers on the port.
 * Rejects with a SidingsError when it answers with a problem, with `daemon-suffixes` when its hostnames are others.
 */
export const askDaemon = async <Answer>(path: string, settings: Settings): Promise<Answer | undefined> => {
  const response = await reachDaemon(path, settings, AbortSignal.timeout(patienceMs));
  return response && ((await read(response)) as Answer);
};

/** The same, where nothing can be said without a daemon. Errors: `daemon-unreachable`. */
export const demandOfDaemon = async <Answer>(path: string, settings: Settings): Promise<Answer> => {
  const answer = await askDaemon<Answer>(path, settings);
  if (answer === undefined) throw fail('daemon-unreachable', { port: settings.httpPort });
  return answer;
};

/** Parameters of a question; what is undefined is not asked for. */
export type Asked = Readonly<Record<string, string | number | undefined>>;

/** They as the end of a path, from the `?` on. */
export const queryOf = (asked: Asked): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
};

/** A server-sent event. */
export interface DaemonEvent {
  readonly name: string;
  /** What its data says as JSON. */
  readonly data: unknown;
}

/** The events at a path of its API, until the daemon ends or who asks has enough. Errors: as `askDaemon`, and `daemon-unreachable`. */
export const followDaemon = async (path: string, settings: Settings): Promise<AsyncIterable<DaemonEvent>> => {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const response = await reachDaemon(path, settings, patience.signal).finally(() => clearTimeout(timer));
  if (response === undefined) throw fail('daemon-unreachable', { port: settings.httpPort });
  return eventsOf(response);
};

const eventsOf = async function* (response: IncomingMessage): AsyncGenerator<DaemonEvent> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const lines = part.split('\n');
      const fieldOf = (field: string) => lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
      const [name, data] = [fieldOf('event'), fieldOf('data')];
      if (name !== undefined && data !== undefined) yield { name, data: JSON.parse(data) };
    }
  }
};

/** The good answer of our status API; undefined where none answers. */
const reachDaemon = async (
  path: string,
  { httpPort: port, suffixes, file }: Settings,
  signal: AbortSignal,
): Promise<IncomingMessage | undefined> => {
  const [hostname = 'localhost'] = suffixes.flatMap(statusHostnames);
  for (const address of ['127.0.0.1', '::1']) {
    const question = { address, proxy: { scheme: 'http', port } as const, hostname, path, signal };
    const response = await ask(question).catch(() => undefined);
    // Another program may hold the port: only what our status API says counts.
    if (response?.headers.server !== 'sidings') {
      response?.destroy();
      continue;
    }
    if (response.statusCode === 200) return response;
    const body = await read(response).catch(() => undefined);
    if (response.statusCode === 421)
      throw fail('daemon-suffixes', { port, suffixes: suffixes.join(', '), config: file });
    throw new SidingsError(body as Problem);
  }
  return undefined;
};

/** Whether a sidings answers at an address, whatever its hostnames and its certificate. */
export const isSidings = async (address: string, proxy: ProxyAddress): Promise<boolean> => {
  const signal = AbortSignal.timeout(patienceMs);
  const question = { address, proxy, hostname: 'localhost', path: '/api/openapi.json', signal };
  const response = await ask(question).catch(() => undefined);
  response?.destroy();
  return response?.headers.server === 'sidings';
};

interface Question {
  readonly address: string;
  readonly proxy: ProxyAddress;
  readonly hostname: string;
  readonly path: string;
  readonly signal: AbortSignal;
}

const ask = ({ address: host, proxy, hostname, path, signal }: Question): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { host: new URL(urlOf(hostname, proxy)).host, accept: 'application/json, text/event-stream' };
    const options = { host, port: proxy.port, path, headers, agent: false, signal };
    const outgoing =
      proxy.scheme === 'http'
        ? request(options)
        : // Without a name, it shows the certificate of its status page.
          requestByTls({ ...options, servername: '', rejectUnauthorized: false });
    outgoing.on('error', reject).on('response', resolve).end();
  });

const read = async (response: IncomingMessage): Promise<unknown> => {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  return JSON.parse(text);
};
