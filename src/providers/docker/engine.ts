import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { join } from 'node:path';
import { Duplex, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { LogLine, LogQuery } from '../../model/log-line.ts';
import { type Inspected, type Listed, type News, newsOf, readInspected, readList } from './answers.ts';
import { createLogReader } from './container-log.ts';
import type { Endpoint } from './endpoints.ts';

/**
 * An engine that has answered. These are all the calls that are ever made, and none of them changes anything. No version of the API
 * is named in any of them, so each engine answers with its own.
 */
export interface Engine {
  /** All containers, those that do not run as well. */
  readonly list: () => Promise<readonly Listed[]>;
  /** Undefined when the container is gone. */
  readonly inspect: (id: string) => Promise<Inspected | undefined>;
  /** Begins to listen; settles when nothing can happen any more that is not told. */
  readonly listen: (tell: (news: News) => void) => Promise<EventStream>;
  /** The last lines of a container's log. */
  readonly log: (id: string, query: LogQuery) => Promise<readonly LogLine[]>;
  /** The same and then each line as it is written, until the container or the signal ends. */
  readonly followLog: (id: string, query: LogQuery, ending: AbortSignal) => AsyncIterable<LogLine>;
}

export interface EventStream {
  /** Settles with the reason when the stream ends. */
  readonly lost: Promise<string>;
}

const pingMs = 1000;
const callMs = 5000;
/** One of them is for the events. */
const sshConnections = 4;
/** An event is a few hundred bytes; what is longer is none. */
const maxEvent = 1024 * 1024;

/** The list of some ten thousand containers is as long. */
const maxAnswer = 64 * 1024 * 1024;
/** Characters of lines of a log that are kept. */
const maxLog = 16 * 1024 * 1024;

/** An engine at an endpoint; rejects where none answers in time. The signal ends all that it does. */
export const connectEngine = async (endpoint: Endpoint, signal: AbortSignal): Promise<Engine> => {
  const { default: Client } = await import('dockerode');
  const docker = new Client(await optionsFor(endpoint));

  // The client does not notice when an answer is cut off in the middle, so the end of waiting is not left to it.
  const call = <Result>(ms: number, begin: (limit: { abortSignal: AbortSignal }) => Promise<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      const limit = new AbortController();
      const end = (): void => {
        reject(new Error('the engine does not answer'));
        limit.abort();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      begin({ abortSignal: limit.signal })
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
        });
    });

  /** Asks, and reads the answer as it comes: the client itself would keep all of it, and it may not come to an end. */
  const ask = <Result>(
    ms: number,
    path: string,
    options: object,
    readAnswer: (answer: AsyncIterable<Buffer>) => Promise<Result>,
  ): Promise<Result> =>
    call(ms, async (limit) => {
      const request = { path, method: 'GET', options, ...limit, isStream: true, statusCodes: { 200: true } };
      const answer = await new Promise<Readable>((resolve, reject) => {
        docker.modem.dial(request, (error, stream) => (error ? reject(error) : resolve(stream as Readable)));
      });
      return readAnswer(answer);
    });

  await ask(pingMs, '/_ping', {}, readWhole);

  return {
    list: async () => readList(JSON.parse(await ask(callMs, '/containers/json?', { all: true }, readWhole))),
    inspect: async (id) => {
      try {
        return readInspected(JSON.parse(await ask(callMs, `/containers/${id}/json?`, {}, readWhole)));
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) return undefined;
        throw error;
      }
    },
    listen: async (tell) => {
      const filters = { type: ['container' as const, 'network' as const] };
      const stream = await call(callMs, (limit) => docker.getEvents({ filters, ...limit }));
      const end = (): void => void (stream as Readable).destroy();
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      const lost = followEvents(stream as Readable, tell).finally(() => {
        signal.removeEventListener('abort', end);
        end();
      });
      return { lost };
    },
    log: (id, query) =>
      ask(callMs, `/containers/${id}/logs?`, logOptions(query), (answer) => lastLines(answer, query.lines)),
    async *followLog(id, query, ending) {
      const options = { ...logOptions(query), follow: true } as const;
      const stream = (await call(callMs, (limit) =>
        docker.getContainer(id).logs({ ...options, ...limit }),
      )) as unknown as Readable;
      const end = (): void => void stream.destroy();
      const both = AbortSignal.any([signal, ending]);
      both.addEventListener('abort', end);
      if (both.aborted) end();
      const reader = createLogReader();
      try {
        for await (const bytes of stream) yield* reader.read(bytes as Buffer);
      } catch {
        // It was cut: what came before counts.
      } finally {
        both.removeEventListener('abort', end);
        end();
      }
      yield* reader.end();
    },
  };
};

/** Moments are in seconds to an engine. */
const logOptions = ({ lines, since, until }: LogQuery) => ({
  stdout: true,
  stderr: true,
  timestamps: true,
  tail: lines,
  ...(since !== undefined && { since: since / 1000 }),
  ...(until !== undefined && { until: until / 1000 }),
});

const readWhole = async (answer: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.length;
    if (size > maxAnswer) throw new Error('an answer has no end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

/** The last lines of a log, however many the engine takes for so many, and however long they are. */
const lastLines = async (log: AsyncIterable<Buffer>, count: number): Promise<readonly LogLine[]> => {
  const reader = createLogReader();
  const last: LogLine[] = [];
  let size = 0;
  const keep = (lines: readonly LogLine[]): void => {
    for (const line of lines) {
      last.push(line);
      size += line.text.length;
    }
    while (last.length > count || size > maxLog) size -= last.shift()?.text.length ?? 0;
  };
  for await (const bytes of log) keep(reader.read(bytes));
  keep(reader.end());
  return last;
};

const followEvents = (stream: Readable, tell: (news: News) => void): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (data: string) => {
      text += data;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      try {
        if (text.length > maxEvent) throw new Error('an event has no end');
        for (const line of lines) {
          const news = line.trim() === '' ? undefined : newsOf(line);
          if (news !== undefined) tell(news);
        }
      } catch (error) {
        resolve(String(error));
      }
    });
    stream.on('error', (error) => resolve(error.message));
    stream.on('end', () => resolve('the stream of events ended'));
    stream.on('close', () => resolve('the stream of events was closed'));
  });

/** The client would take what is missing here from DOCKER_HOST and its like, which are for one endpoint only. */
const unset = {
  host: undefined,
  port: undefined,
  protocol: 'http',
  ca: undefined,
  cert: undefined,
  key: undefined,
} as const;

const optionsFor = async (endpoint: Endpoint): Promise<Docker.DockerOptions> => {
  switch (endpoint.kind) {
    case 'socket':
      return given({ ...unset, socketPath: endpoint.path });
    case 'tcp': {
      const { host, port, tls } = endpoint;
      if (tls === undefined) return given({ ...unset, host, port });
      const [ca, cert, key] = await Promise.all(
        ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(tls.folder, file)).catch(() => undefined)),
      );
      const agent = new SecureAgent({ rejectUnauthorized: tls.verify });
      return given({ ...unset, host, port, protocol: 'https', ca, cert, key, agent });
    }
    case 'ssh':
      return given({ ...unset, host: 'docker', agent: new SshAgent(endpoint) });
  }
};

/** Its types know no option that is left out on purpose. */
const given = (options: Record<string, unknown>): Docker.DockerOptions => options as Docker.DockerOptions;

/**
 * Each connection is the user's own ssh, with their keys, settings and known hosts; it never asks anything. That is how the
 * Docker command does it.
 */
class SshAgent extends Agent {
  readonly #arguments: readonly string[];

  constructor({ host, port, user }: Endpoint & { readonly kind: 'ssh' }) {
    super({ keepAlive: true, maxSockets: sshConnections });
    this.#arguments = [
      ...['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5'],
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...['--', host, 'docker', 'system', 'dial-stdio'],
    ];
  }

  override createConnection(): Duplex {
    const ssh = spawn('ssh', this.#arguments, { stdio: ['pipe', 'pipe', 'ignore'] });
    const connection = Duplex.from({ readable: ssh.stdout, writable: ssh.stdin });
    ssh.on('error', (error) => connection.destroy(error));
    // Requests are told of it as well, but between two of them nobody would be.
    connection.on('error', () => {});
    connection.on('close', () => ssh.kill());
    return connection;
  }

  // What it would set on a socket, a pair of pipes does not have.
  override keepSocketAlive(): boolean {
    return true;
  }

  override reuseSocket(): void {}
}
