import { describe, expect, test } from 'vitest';
import { http2Families } from './http2/index.ts';
import { runHttp2 } from './http2/run.ts';
import { lanes, openSidings } from './sidings.ts';

describe.each(lanes)('the %s lane', (lane) => {
  test.each(http2Families)('$name: as promised', async ({ vectors }) => {
    const doors = await openSidings(lane, 'HTTP/2');
    expect(await runHttp2(vectors, doors, { byPromises: true, patienceMs: 10_000 })).toEqual({});
  });
});
