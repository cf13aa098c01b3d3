import { expect, test } from 'vitest';
import { filterOf, type RequestQuery } from '../../../src/status/request-query.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

test.each<[RequestQuery, object]>([
  [{}, {}],
  [
    { workstream: 'project-3', service: 'api', path: '/a' },
    { workstream: 'project-3', service: 'api', path: '/a' },
  ],
  [{ status: '404' }, { status: { ranges: [{ from: 404, to: 404 }], errors: false } }],
  [{ status: '5xx' }, { status: { ranges: [{ from: 500, to: 599 }], errors: false } }],
  [{ status: '400-499' }, { status: { ranges: [{ from: 400, to: 499 }], errors: false } }],
  [{ status: '0' }, { status: { ranges: [{ from: 0, to: 0 }], errors: false } }],
  [
    { status: ' 2XX, error ,404' },
    {
      status: {
        ranges: [
          { from: 200, to: 299 },
          { from: 404, to: 404 },
        ],
        errors: true,
      },
    },
  ],
  [{ method: 'get, POST' }, { methods: new Set(['GET', 'POST']) }],
  [{ since: '90s' }, { since: now - 90_000 }],
  [{ since: '5m' }, { since: now - 300_000 }],
  [{ since: '2h' }, { since: now - 7_200_000 }],
  [{ since: '1d' }, { since: now - 86_400_000 }],
  [{ since: '2026-01-02T00:00:00Z' }, { since: Date.parse('2026-01-02T00:00:00Z') }],
  [{ since: '2026-01-02T00:00:00 02:00' }, { since: Date.parse('2026-01-02T00:00:00+02:00') }],
  [{ since: '1700000000000' }, { since: 1_700_000_000_000 }],
])('%j is understood', (query, expected) => {
  const found = Object.entries(filterOf(query, now)).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(found)).toEqual(expected);
});

test.each<RequestQuery>([
  { status: 'x' },
  { status: '0xx' },
  { status: '500-400' },
  { status: '' },
  { status: ' , ' },
  { method: ',' },
  { status: '1000' },
  { status: '4xx-5xx' },
  { since: '' },
  { since: 'yesterday' },
  { since: '5' + 'y' },
  { since: '-5m' },
  { since: '2026-13-01' },
])('%j is refused', (query) => {
  expect(() => filterOf(query, now)).toThrow(expect.objectContaining({ code: 'parameter-invalid' }));
});
