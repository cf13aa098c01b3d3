import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { turn } from '../../support/both-lanes.ts';
import { fetchBy, fronts } from '../../support/fronts.ts';
import { copy, service, startProxy } from '../../support/proxy.ts';
import { rawClient } from '../../support/raw.ts';
import { type Script, startRecorder } from '../../support/recorder.ts';
import { startRawUpstream } from '../../support/upstream.ts';

/** Wherever a stream of bytes is cut into two pieces, it means the same; and where it ends too early, that is seen. */

const host = 'p.localhost';
const lanes = ['fast', 'full'] as const;
const proxyTo = (port: number, lane: (typeof lanes)[number]) =>
  startProxy({ copies: [copy('p', [service('api', port, { isDefault: true })])], lanes: lane });

/** So many are under way at a time. */
const together = 20;
const cutsIn = (text: string, step = 1): number[] =>
  Array.from({ length: Math.ceil((text.length - 1) / step) }, (_, index) => 1 + index * step);
/** In parts of that size. */
const inParts = (cuts: readonly number[]): (readonly number[])[] =>
  cuts.flatMap((_, index) => (index % together === 0 ? [cuts.slice(index, index + together)] : []));

const head = (line: string, ...fields: readonly string[]): string =>
  `${[`${line} HTTP/1.1`, `Host: ${host}`, ...fields].join('\r\n')}\r\n\r\n`;

/** Plain ones, and some that make the connection go over to the full lane in the middle. */
const requests = [
  head('GET /0'),
  `${head('POST /0', 'Content-Length: 5')}ab\r\n\r`,
  `${head('PUT /0', 'Transfer-Encoding: chunked')}3;a="\\""\r\nGET\r\n0002\r\n\r\n\r\n0\r\nX-Sum: 1\r\nVia: x\r\n\r\n`,
  `\r\n${head(`GET http://${host}:81/0?a`)}`,
  `${head('PUT /0', 'Expect: 100-continue', 'Content-Length: 3', 'Connection: close')}xyz`,
];

test.each(lanes)('requests that come in two pieces are the same wherever they are cut: the %s lane', async (lane) => {
  const upstream = await startRecorder();
  const script: Script = { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'], ending: 'keep' };
  Object.assign(upstream.state, { scripts: [script] });
  const { port } = await proxyTo(upstream.port, lane);
  const text = requests.join('');
  const ask = async (at: number): Promise<string> => {
    const client = rawClient(port);
    client.socket.setNoDelay(true);
    client.send(text.slice(0, at));
    await turn(3);
    client.send(text.slice(at));
    return (await client.closed).replace(/^(?:x-request-id|date|connection|keep-alive): .*\r\n/gim, '');
  };
  const arrived = (): string[] => [...upstream.state.arrived.values()].map((one) => JSON.stringify(one));
  const whole = await ask(text.length);
  const expected = arrived().sort();
  expect([whole.match(/HTTP\/1\.1 200 OK/g)?.length, expected.length]).toEqual([requests.length, requests.length]);
  for (const cuts of inParts(cutsIn(text))) {
    upstream.state.arrived.clear();
    expect(await Promise.all(cuts.map(ask)), `cut at one of ${cuts}`).toEqual(cuts.map(() => whole));
    expect(arrived().sort()).toEqual(expected.flatMap((one) => cuts.map(() => one)));
  }
});

const answers: Readonly<Record<string, string>> = {
  'a length': 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n002\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n',
};
const endings = {
  end: (socket: Socket) => socket.end(),
  reset: (socket: Socket) => socket.resetAndDestroy(),
};

describe.each(fronts)('%s', (front) => {
  test.each(lanes)(
    'an answer is whole wherever it is cut in two, and never where it ends: the %s lane',
    async (lane) => {
      for (const [name, text] of Object.entries(answers)) {
        const upstream = await startRawUpstream((received, socket) => {
          const [, at, ending] = /^GET \/([0-9]+)\/([a-z]+) .*\r\n\r\n$/s.exec(received) ?? [];
          if (at === undefined) return;
          socket.write(text.slice(0, Number(at)));
          void turn(3).then(() => {
            if (ending === 'end' || ending === 'reset') endings[ending](socket);
            else socket.end(text.slice(Number(at)));
          });
        });
        const proxy = await proxyTo(upstream.port, lane);
        const ask = async (at: number, ending: string) => {
          const { status, text: body, cut } = await fetchBy(front, proxy, { host, path: `/${at}/${ending}` });
          return cut ? 'cut' : status === 200 ? body : status;
        };
        for (let at = 0; at < text.length - 1; at += together) {
          const cuts = cutsIn(text).slice(at, at + together);
          expect(await Promise.all(cuts.map((cut) => ask(cut, 'whole')))).toEqual(cuts.map(() => 'hello'));
          for (const ending of Object.keys(endings))
            for (const seen of await Promise.all(cuts.map((cut) => ask(cut, ending))))
              expect(['cut', 502], `${name}, cut at one of ${cuts}`).toContain(seen);
        }
      }
    },
  );
});
