import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { openHistory } from '../../src/feedback/history.ts';
import type { ServiceLogs } from '../../src/model/log-line.ts';
import type { State } from '../../src/model/workstream.ts';
import { createStatus, type Status, type StatusOptions } from '../../src/status/status.ts';
import { portOf } from './proxy.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface TestState {
  readonly options: Pick<StatusOptions, 'state' | 'subscribe'>;
  readonly publish: (state: State) => void;
  readonly listeners: ReadonlySet<(state: State) => void>;
}

/** A state that a test changes, as the registry would. */
export const changingState = (first: State): TestState => {
  let state = first;
  const listeners = new Set<(state: State) => void>();
  return {
    options: {
      state: () => state,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    publish: (next) => {
      state = next;
      for (const listener of listeners) listener(next);
    },
    listeners,
  };
};

/** Services that have written nothing. */
export const noLogs: ServiceLogs = {
  read: async () => ({ source: 'process', lines: [] }),
  async *follow() {},
};

/** The status app behind a plain server on a port of its own; ended with the test. */
export const startStatus = async (
  options: Partial<StatusOptions> & Pick<StatusOptions, 'state' | 'subscribe'>,
): Promise<Status & { readonly port: number }> => {
  let handle: Status['handle'] = () => {};
  const server = createServer({ requireHostHeader: false }, (request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  const status = createStatus({
    lookup: () => undefined,
    requests: openHistory({ count: 0, version: '0' }),
    activity: async () => [],
    setup: async () => ({ roots: [], docker: 'off', rootCertificate: 'unused' }),
    logs: noLogs,
    health: async () => [],
    suffixes: ['localhost', 'test'],
    log: silent,
    ...options,
  });
  handle = status.handle;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await status.close();
  });
  return { ...status, port };
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads an answer as it came over the wire; names of fields in lower case. The length of its body must be said. */
export const readAnswer = (text: string): Answer => {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) };
};
