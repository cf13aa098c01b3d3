import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openHistory } from '../../../src/feedback/history.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { bounded, damage, patienceMs } from '../../support/fuzz.ts';
import { eventually, rawClient } from '../../support/raw.ts';
import { changingState, startStatus } from '../../support/status.ts';
import { stateOf, workstreamOf } from '../../support/workstreams.ts';

/** Whoever asks the status API for whatever is answered, and never because something broke. */

const paths = [
  '/api/workstreams',
  '/api/workstreams/project-3',
  '/api/workstreams/project-3/services/api/logs?lines=5&since=5m',
  '/api/lookup?directory=%2Fcode%2Fproject-3',
  '/api/requests?workstream=project-3&service=api&status=4xx,error&method=GET&path=%2Fnotes&since=5m&limit=3',
  '/api/requests/abc-1',
  '/api/har?limit=2',
  '/api/traffic',
  '/api/activity',
  '/api/health?workstream=project-3',
  '/api/openapi.json',
  '/api/events',
  '/api/requests/events?status=5xx',
  '/',
  '/assets/../../../etc/passwd',
];

const parameter = fc.tuple(
  fc.constantFrom(
    'workstream',
    'service',
    'status',
    'method',
    'path',
    'since',
    'limit',
    'lines',
    'directory',
    'id',
    'x',
  ),
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom('', '-1', '0', '1e999', 'NaN', '99999999999999999999', '5xx-', '__proto__', '\0', 'a'.repeat(3000)),
    fc.date().map(String),
  ),
);
const target = fc
  .tuple(fc.constantFrom(...paths), damage, fc.array(parameter, { maxLength: 3 }))
  .map(([path, damaged, parameters]) => {
    const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const whole = damaged(path) + (query === '' ? '' : `${path.includes('?') ? '&' : '?'}${query}`);
    // What is no target is the proxy's to refuse.
    return `/${whole.replace(/[^!-~]/g, '').replace(/^\/+/, '')}`;
  });

test(
  'strange paths and queries are answered, and never with 500',
  async () => {
    const history = openHistory({ count: 10, version: '0' });
    history.add(exchangeOf());
    history.add(exchangeOf({ id: 'abc-2', status: 500, error: 'upstream-refused', path: '/\u202e%00' }));
    const state = stateOf(1, [workstreamOf(), workstreamOf({ name: '__proto__', directory: '/code/__proto__' })]);
    const { port } = await startStatus({ ...changingState(state).options, requests: history });
    await fc.assert(
      fc.asyncProperty(target, fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'DELETE'), async (path, method) => {
        const client = rawClient(port);
        client.send(`${method} ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 0\r\n\r\n`);
        const [, status] = await client.until(/^HTTP\/1\.1 (\d+) /);
        client.socket.destroy();
        expect(status, `${method} ${path}`).toMatch(/^[234]/);
      }),
      bounded(200),
    );
    // Streams that were followed are let go of, and it still answers.
    await eventually(async () => {
      const client = rawClient(port);
      client.send(`GET /api/events HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
      const [, status] = await client.until(/^HTTP\/1\.1 (\d+) /);
      client.socket.destroy();
      return status === '200';
    });
  },
  patienceMs,
);
