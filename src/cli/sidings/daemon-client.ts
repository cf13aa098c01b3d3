import { type IncomingMessage, request } from 'node:http';
import type { Settings } from '../../config/settings.ts';
import { type Problem, SidingsError } from '../../model/problem.ts';

/** A daemon on this machine answers at once; one that does not is as good as none. */
const patienceMs = 5000;

/**
 * What the running daemon says at a path of its API, or undefined when no sidings answers on the port.
 * Rejects with a SidingsError when it answers with a problem.
 */
export const askDaemon = async <Answer>(path: string, { httpPort }: Settings): Promise<Answer | undefined> => {
  for (const address of ['127.0.0.1', '::1']) {
    const answer = await get(address, httpPort, path).catch(() => undefined);
    // Another program may hold the port: only what our status API says counts.
    if (answer?.server !== 'sidings') continue;
    if (answer.status === 200) return answer.body as Answer;
    throw new SidingsError(answer.body as Problem);
  }
  return undefined;
};

interface DaemonAnswer {
  readonly status: number;
  readonly server: string;
  readonly body: unknown;
}

const get = async (host: string, port: number, path: string): Promise<DaemonAnswer> => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { host: port === 80 ? 'localhost' : `localhost:${port}`, accept: 'application/json' };
    const outgoing = request({ host, port, path, headers, agent: false, signal: AbortSignal.timeout(patienceMs) });
    outgoing.on('error', reject).on('response', resolve).end();
  });
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, server: String(response.headers.server), body: JSON.parse(text) };
};
