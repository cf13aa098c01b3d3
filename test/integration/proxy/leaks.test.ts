import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { sessionTo } from '../../support/fronts.ts';
import { startProxy } from '../../support/proxy.ts';
import { eventually, rawClient } from '../../support/raw.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A proxy that remembers, without holding them, the requests that came to its status page. */
const remembering = async () => {
  const requests: WeakRef<object>[] = [];
  const proxy = await startProxy({
    copies: [],
    status: (request, response) => {
      requests.push(new WeakRef(request));
      response.end('ok');
    },
  });
  const kept = (): number => {
    collect();
    return requests.filter((request) => request.deref() !== undefined).length;
  };
  return { proxy, requests, kept };
};

test('a connection of HTTP/1.1 keeps nothing of the requests before the last', async () => {
  const { proxy, requests, kept } = await remembering();
  const client = rawClient(proxy.port);
  for (let count = 1; count <= 50; count += 1) {
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually(() => client.received().split('\r\n\r\nok').length > count, 'the answer');
  }
  expect(requests).toHaveLength(50);
  await eventually(() => kept() <= 2, 'the requests are forgotten');
  expect(client.socket.readyState).toBe('open');
});

test('a connection of HTTP/2 keeps nothing of the requests that are over', async () => {
  const { proxy, requests, kept } = await remembering();
  const session = sessionTo(proxy.securePort);
  for (let count = 1; count <= 50; count += 1)
    await new Promise((resolve) => session.request({ ':authority': 'localhost' }).on('close', resolve).resume());
  expect(requests).toHaveLength(50);
  await eventually(() => kept() <= 2, 'the requests are forgotten');
  expect(session.destroyed).toBe(false);
});
