import { expect, test } from 'vitest';
import { type Claimant, formatClaims, parseClaims, validClaim } from '../../../src/resolver/claims.ts';

const claim = { project: 'project', slot: 77, composeProject: 'feature' };
const claimant: Claimant = {
  directory: '/code/feature',
  project: 'project',
  plan: { kind: 'claimed', from: 52, to: 258, start: 100 },
  bases: [{ service: 'web', kind: 'http', port: 5923 }],
};

test('claims are read back as they were written', () => {
  const claims = new Map([
    ['/code/feature', claim],
    ['/code/__proto__', { ...claim, slot: 78 }],
    ['__proto__', { ...claim, slot: 79 }],
  ]);
  expect(parseClaims(formatClaims(claims))).toEqual(claims);
  expect(parseClaims(formatClaims(new Map()))).toEqual(new Map());
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"version":1}',
  '{"version":2,"claims":{}}',
  '{"version":1,"claims":[]}',
  '{"version":1,"claims":{"/x":null}}',
  '{"version":1,"claims":{"/x":{"slot":1,"composeProject":"x"}}}',
  '{"version":1,"claims":{"/x":{"project":"p","slot":0,"composeProject":"x"}}}',
  '{"version":1,"claims":{"/x":{"project":"p","slot":1.5,"composeProject":"x"}}}',
  '{"version":1,"claims":{"/x":{"project":"p","slot":1}}}',
  '{"version":1,"claims":{"/x":{"project":"p","slot":1,"composeProject":"X y"}}}',
])('%j is damaged', (text) => {
  expect(() => parseClaims(text)).toThrow();
});

test('a claim holds as long as the project and its ports allow it', () => {
  const valid = (change: Partial<typeof claim>) =>
    validClaim(new Map([['/code/feature', { ...claim, ...change }]]), claimant)?.slot;
  expect(valid({})).toBeUndefined(); // 5923 + 77 is port 6000.
  expect(valid({ slot: 78 })).toBe(78);
  expect(valid({ slot: 51 })).toBeUndefined();
  expect(valid({ slot: 259 })).toBeUndefined();
  expect(valid({ slot: 78, project: 'other' })).toBeUndefined();
  expect(validClaim(new Map(), claimant)).toBeUndefined();
});
