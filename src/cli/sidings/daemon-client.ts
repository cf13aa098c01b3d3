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
  const { httpPort: port, suffixes, file } = settings;
  const [hostname = 'localhost'] = suffixes.flatMap(statusHostnames);
  for (const address of ['127.0.0.1', '::1']) {
    const answer = await get({ address, proxy: { scheme: 'http', port }, hostname, path }).catch(() => undefined);
    // Another program may hold the port: only what our status API says counts.
    if (answer?.server !== 'sidings') continue;
    if (answer.status === 200) return answer.body as Answer;
    if (answer.status === 421) throw fail('daemon-suffixes', { port, suffixes: suffixes.join(', '), config: file });
    throw new SidingsError(answer.body as Problem);
  }
  return undefined;
};

/** Whether a sidings answers at an address, whatever its hostnames and its certificate. */
export const isSidings = async (address: string, proxy: ProxyAddress): Promise<boolean> => {
  const question = { address, proxy, hostname: 'localhost', path: '/api/openapi.json' };
  return (await get(question).catch(() => undefined))?.server === 'sidings';
};

interface DaemonAnswer {
  readonly status: number;
  readonly server: string;
  readonly body: unknown;
}

interface Question {
  readonly address: string;
  readonly proxy: ProxyAddress;
  readonly hostname: string;
  readonly path: string;
}

const get = async ({ address: host, proxy, hostname, path }: Question): Promise<DaemonAnswer> => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { host: new URL(urlOf(hostname, proxy)).host, accept: 'application/json' };
    const options = { host, port: proxy.port, path, headers, agent: false, signal: AbortSignal.timeout(patienceMs) };
    const outgoing =
      proxy.scheme === 'http'
        ? request(options)
        : // Without a name, it shows the certificate of its status page.
          requestByTls({ ...options, servername: '', rejectUnauthorized: false });
    outgoing.on('error', reject).on('response', resolve).end();
  });
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, server: String(response.headers.server), body: JSON.parse(text) };
};
