import { once } from 'node:events';
import { connect } from 'node:http2';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp2Front } from '../../../src/proxy/fast/http2/front.ts';
import { portOf } from '../../support/proxy.ts';

/** nghttp2 takes an answer that says nothing of the table for an error, where it has asked for a smaller one than usual (RFC 9113 §4.3.1). */
test('a client that keeps no table, or a small one, reads the answers', async () => {
  const front = createHttp2Front(
    (client) => {
      client.sendPage({ status: 200, headers: ['x-a', 'b'], body: 'hello' }, false);
      return () => {};
    },
    { date: 'Tue, 01 Dec 2026 00:00:00 GMT' },
  );
  const server = createServer({ allowHalfOpen: true }, (socket) => front.accept(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  for (const headerTableSize of [0, 100, 4096, 65_536]) {
    const session = connect(`http://127.0.0.1:${portOf(server)}`, { settings: { headerTableSize } });
    onTestFinished(() => session.destroy());
    await once(session, 'localSettings');
    for (let count = 0; count < 2; count += 1) {
      const stream = session.request({ ':path': '/' });
      const [fields] = await once(stream, 'response');
      expect(fields).toMatchObject({ ':status': 200, 'x-a': 'b' });
      stream.resume();
      await once(stream, 'close');
    }
    session.close();
  }
});
