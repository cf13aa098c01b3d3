import { expect, test } from 'vitest';
import type { ResolvedService } from '../../../src/model/workstream.ts';
import { serviceCheck } from '../../../src/resolver/service-check.ts';

const services: Record<string, ResolvedService> = {
  api: { kind: 'http', port: 8003, hostname: 'x', url: 'y', localUrl: 'http://localhost:8003', health: '/healthz' },
  grpc: {
    kind: 'http',
    port: 9003,
    hostname: 'x',
    url: 'y',
    localUrl: 'http://localhost:9003',
    protocol: 'h2c',
    health: '/',
  },
  web: { kind: 'http', port: 5176, hostname: 'x', url: 'y', localUrl: 'http://localhost:5176' },
  data: { kind: 'tcp', port: 5432 + 3 },
  store: { kind: 'tcp', port: 6379 + 3 },
  queue: { kind: 'tcp', port: 7003 },
};
const check = (name: string, env: Record<string, string> = {}) => serviceCheck({ env, services, slot: 3 }, name);

test('services of kind http are asked for their path of health, where they have one', () => {
  expect(check('api')).toEqual({ kind: 'http', path: '/healthz', host: 'localhost:8003' });
  expect(check('grpc')).toMatchObject({ kind: 'http', path: '/', protocol: 'h2c' });
  expect(check('web')).toEqual({ kind: 'tcp' });
});

test('others are what a URL with their port says', () => {
  const env = {
    OTHER: 'postgresql://postgres:x@localhost:1/a',
    NO_URL: 'redis://%',
    READ: 'postgresql://reader:r@localhost:5435/read',
    DATABASE_URL: 'postgresql+asyncpg://u%40:p%2F@127.0.0.1:5435/d-3',
    QUEUE: 'redis://:s%2F%zz@localhost:7003/0',
    STORE: 'redis://me:you@localhost:6382',
  };
  expect(check('data', env)).toEqual({ kind: 'postgres', login: { user: 'u@', password: 'p/', database: 'd-3' } });
  expect(check('queue', env)).toEqual({ kind: 'redis', password: 's%2F%zz' });
  expect(check('store', env)).toEqual({ kind: 'redis', user: 'me', password: 'you' });
  expect(check('queue', { URL: 'redis://localhost:7003' })).toEqual({ kind: 'redis' });
});

test('or what their names and base ports say', () => {
  expect(check('data')).toEqual({ kind: 'postgres' });
  expect(check('store')).toEqual({ kind: 'redis' });
  expect(check('queue')).toEqual({ kind: 'tcp' });
  // Of the compose file only.
  expect(['my-postgres', 'pg', 'valkey', 'mail', '__proto__'].map((name) => check(name).kind)).toEqual([
    'postgres',
    'postgres',
    'redis',
    'tcp',
    'tcp',
  ]);
});
