import { describe, expect, test } from 'vitest';
import { transports } from './doors.ts';
import { requestFamilies } from './requests/index.ts';
import { run } from './run.ts';
import { lanes, openSidings } from './sidings.ts';

describe.each(lanes)('the %s lane', (lane) => {
  describe.each(transports)('by %s', (transport) => {
    test.each(requestFamilies)('$name: as promised', async ({ vectors }) => {
      const doors = await openSidings(lane, transport);
      expect(await run(vectors, doors, { byPromises: true, patienceMs: 10_000 })).toEqual({});
    });
  });
});
