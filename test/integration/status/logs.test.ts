import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openServiceLog } from '../../../src/feedback/service-log.ts';
import { createServiceLogs } from '../../../src/feedback/service-logs.ts';
import type { LogLine } from '../../../src/model/log-line.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { eventually, exchange, rawClient } from '../../support/raw.ts';
import { changingState, readAnswer, startStatus } from '../../support/status.ts';
import { serviceOf, stateOf, workstreamOf } from '../../support/workstreams.ts';

/** The status API over logs in a folder; `web` is a service in a container. */
const startLogs = async (options: Partial<Parameters<typeof startStatus>[0]> = {}) => {
  const folder = await temporaryFolder();
  const said: unknown[] = [];
  const logs = createServiceLogs({
    fileOf: (directory, service) => join(folder, directory, `${service}.log`),
    containers: {
      describe: (_directory, service) => (service === 'stopped' ? 'exited' : undefined),
      readLog: async (...asked) => {
        said.push(asked);
        return [{ text: 'of a container', at: 7 }];
      },
      async *followLog(_directory, service) {
        yield { text: `${service} of a container` };
      },
    },
  });
  const services = [serviceOf(), serviceOf({ name: 'web', container: 'c1' }), serviceOf({ name: 'stopped' })];
  const state = stateOf(1, [
    workstreamOf({ services }),
    workstreamOf({ name: 'twin' }),
    workstreamOf({ name: 'twin' }),
  ]);
  const { port } = await startStatus({ ...changingState(state).options, logs, ...options });
  const ask = async (query: string) => {
    const head = `GET /api/logs?${query} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
    const { status, body } = readAnswer(await exchange(port, head));
    return { status, body: JSON.parse(body) };
  };
  const write = (text: string): void => {
    const log = openServiceLog(join(folder, '/code/project-3/api.log'));
    log.write(Buffer.from(text));
    log.close();
  };
  const follow = (query: string) => {
    const client = rawClient(port);
    client.send(`GET /api/logs/events?${query} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
    const lines = (): readonly LogLine[] =>
      [...client.received().matchAll(/event: line\ndata: (.*)\n\n/g)].map(([, data]) => JSON.parse(data ?? ''));
    return { client, lines, texts: () => lines().map(({ text }) => text) };
  };
  return { port, ask, write, follow, said };
};

test('the last lines of a process, with colours and times and nothing else that acts on a terminal', async () => {
  const { ask, write } = await startLogs();
  expect(await ask('workstream=project-3&service=api')).toEqual({
    status: 200,
    body: { workstream: 'project-3', service: 'api', source: 'process', lines: [] },
  });
  const before = Date.now();
  write('one\n\u001b[31mtwo\u001b[0m\u001b]0;title\u0007<b>\n');
  const { body } = await ask('workstream=project-3&service=api&lines=1&since=1h');
  expect(body.lines).toEqual([{ text: '\u001b[31mtwo\u001b[0m<b>', at: expect.any(Number) }]);
  expect(body.lines[0].at).toBeGreaterThanOrEqual(before);
  expect((await ask('workstream=project-3&service=api&lines=0')).body.lines).toEqual([]);
  expect((await ask(`workstream=project-3&service=api&until=${before - 1}`)).body.lines).toEqual([]);
});

test('of a service that runs in a container, or did, the container’s', async () => {
  const { ask, said, follow } = await startLogs();
  const { body } = await ask('workstream=project-3&service=web&lines=5&since=1000');
  expect(body).toMatchObject({ source: 'container', lines: [{ text: 'of a container', at: 7 }] });
  expect(said).toEqual([['/code/project-3', 'web', { lines: 5, since: 1000, until: undefined }]]);
  expect((await ask('workstream=project-3&service=stopped')).body.source).toBe('container');
  const { client, texts } = follow('workstream=project-3&service=web');
  await client.until(/event: line/);
  expect(texts()).toEqual(['web of a container']);
});

test.each([
  ['service=api', 400, 'parameter-invalid'],
  ['workstream=project-3', 400, 'parameter-invalid'],
  ['workstream=project-3&service=api&lines=5001', 400, 'parameter-invalid'],
  ['workstream=project-3&service=api&since=yesterday', 400, 'parameter-invalid'],
  ['workstream=nobody&service=api', 404, 'workstream-unknown'],
  ['workstream=twin&service=api', 409, 'label-taken'],
  ['workstream=project-3&service=__proto__', 404, 'service-unknown'],
])('%s: %d %s', async (query, status, code) => {
  const { ask } = await startLogs();
  expect(await ask(query)).toMatchObject({ status, body: { code } });
});

test('each line is told as it is written', async () => {
  const { write, follow } = await startLogs();
  write('one\ntwo\n');
  const { client, texts } = follow('workstream=project-3&service=api&lines=1');
  await client.until(/event: line/);
  write('three\nevent: forged\n\nfour');
  await client.until(/"text":""/);
  expect(texts()).toEqual(['two', 'three', 'event: forged', '']);
  expect(client.received()).not.toMatch(/^event: forged/m);
});

test('a client that reads slowly loses nothing', async () => {
  const { write, follow } = await startLogs();
  write('first\n');
  const { client, texts } = follow('workstream=project-3&service=api');
  await client.until(/"first"/);
  client.socket.pause();
  const line = 'x'.repeat(1000);
  for (let part = 0; part < 40; part += 1) write(`${line}\n`.repeat(100));
  write('last\n');
  client.socket.resume();
  await eventually(() => client.received().slice(-200).includes('"last"'), 'the last line');
  expect(texts()).toHaveLength(4002);
});

test('only so many may follow', async () => {
  const { follow, write } = await startLogs({ maxClients: 1 });
  write('one\n');
  const first = follow('workstream=project-3&service=api');
  await first.client.until(/event: line/);
  const second = follow('workstream=project-3&service=api');
  await second.client.until(/503 Service Unavailable[\s\S]*events-full/);
});
