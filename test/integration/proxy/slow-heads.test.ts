import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp1Front } from '../../../src/proxy/http1-front.ts';
import { portOf } from '../../support/proxy.ts';
import { type RawClient, rawClient } from '../../support/raw.ts';

/** The full lane alone, in which a head may take 300 ms. */
const openFullLane = async (): Promise<number> => {
  const front = createHttp1Front((client) => {
    client.body.resume().on('end', () => client.sendPage({ status: 200, headers: [], body: 'taken' }, false));
    return () => {};
  }, 300);
  const server = createServer({ allowHalfOpen: true }, front.accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    front.drain();
    server.close();
  });
  return portOf(server);
};

/** One byte after the other, until the connection is closed. */
const drip = (client: RawClient): void => {
  const timer = setInterval(() => client.send('a'), 10);
  onTestFinished(() => clearInterval(timer));
  void client.closed.then(() => clearInterval(timer));
};

const get = 'GET / HTTP/1.1\r\nHost: project-3.api.localhost\r\n';

test.each([
  ['a connection on which nothing is said', ''],
  ['a head that stops in the middle', get],
  ['a head that goes on byte by byte', `${get}X-A: `],
  ['the second head of a connection', `${get}\r\n${get}X-A: `],
])('the full lane: %s gets 408', async (_name, begin) => {
  const client = rawClient(await openFullLane());
  client.send(begin);
  if (begin.endsWith(': ')) drip(client);
  expect(await client.closed).toMatch(/HTTP\/1\.1 408 [\s\S]*request-timeout/);
});

test('the full lane: a body may take longer than a head', async () => {
  const port = await openFullLane();
  const upload = rawClient(port);
  upload.send(`POST / HTTP/1.1\r\nHost: project-3.api.localhost\r\nContent-Length: 100000\r\n\r\n`);
  drip(upload);
  // That takes the whole time, twice.
  for (let round = 0; round < 2; round += 1) await rawClient(port).closed;
  expect(upload.received()).toBe('');
  upload.send('a'.repeat(100_000));
  await upload.until(/ 200 OK[\s\S]*taken/);
});
