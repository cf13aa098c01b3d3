import { expect, test } from 'vitest';
import { http2Families } from './http2/index.ts';
import { runHttp2 } from './http2/run.ts';
import { lanes, openSidings } from './sidings.ts';

// One test, so that both proxies stay until all is over: Node 20 may end a process that collects the remains of such connections after their
// server was closed (`current_nghttp2_memory_ == 0`). A proxy that goes on closes and collects them without harm.
test('the vectors of HTTP/2: as promised', { timeout: 600_000 }, async () => {
  const ways = await Promise.all(lanes.map(async (lane) => ({ lane, doors: await openSidings(lane, 'HTTP/2') })));
  for (const { lane, doors } of ways) {
    for (const { name, vectors } of http2Families) {
      const left: string[] = [];
      const leftOut = (vector: string): number => left.push(vector);
      const faults = await runHttp2(vectors, doors, { byPromises: true, patienceMs: 10_000, leftOut });
      expect.soft(faults, `the ${lane} lane: ${name}`).toEqual({});
      // Node's frames leave out what they do not like; ours refuse it.
      if (lane === 'fast') expect.soft(left, `the ${lane} lane: ${name}`).toEqual([]);
    }
  }
});
