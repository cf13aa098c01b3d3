import { describe, expect, test } from 'vitest';
import { answerFamilies } from './answers/index.ts';
import { transports } from './doors.ts';
import { run } from './run.ts';
import { lanes, openSidings } from './sidings.ts';

describe.each(lanes)('the %s lane', (lane) => {
  describe.each(transports)('by %s', (transport) => {
    test.each(answerFamilies)('$name: as promised', async ({ vectors }) => {
      const doors = await openSidings(lane, transport);
      expect(await run(vectors, doors, { byPromises: true, patienceMs: 10_000 })).toEqual({});
    });
  });
});
