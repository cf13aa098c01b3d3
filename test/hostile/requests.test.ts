import { describe, expect, test } from 'vitest';
import { transports } from './doors.ts';
import { requestFamilies } from './requests/index.ts';
import { run } from './run.ts';
import { lanes, openSidings } from './sidings.ts';

describe.each(lanes)('the %s lane', (lane) => {
  describe.each(transports)('by %s', (transport) => {
    test.each(requestFamilies)('$name: allowed, and as promised', async ({ vectors }) => {
      const doors = await openSidings(lane, transport);
      const courses = run(vectors, doors, {
        courses: ({ allowed, promised }) => promised ?? allowed,
        patienceMs: 10_000,
      });
      expect(await courses).toEqual({});
    });
  });
});
