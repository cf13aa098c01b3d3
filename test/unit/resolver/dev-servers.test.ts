import { expect, test } from 'vitest';
import { devServers } from '../../../src/resolver/dev-servers.ts';

const found = (script: unknown) => devServers({ script }).map(({ tool, port }) => `${tool} ${port}`);

test.each([
  ['vite', 'vite 5173'],
  ['vite dev --host', 'vite 5173'],
  ['vite --port 3001', 'vite 3001'],
  ['vite --port=3001 --open', 'vite 3001'],
  ['vite web', 'vite 5173'],
  ['node_modules/.bin/vite', 'vite 5173'],
  ['next dev', 'next 3000'],
  ['next dev -p 3100', 'next 3100'],
  ['PORT=3200 next dev', 'next 3200'],
  ['cross-env NODE_ENV=development PORT=3200 next dev', 'next 3200'],
  ['npx -y astro dev', 'astro 4321'],
  ['pnpm exec ng serve', 'ng 4200'],
  ['npm run build && nuxt dev', 'nuxt 3000'],
  ['webpack serve', 'webpack 8080'],
  ['eleventy --serve', 'eleventy 8080'],
  ['vite --port $PORT', 'vite 5173'],
])('%s starts %s', (script, expected) => {
  expect(found(script)).toEqual([expected]);
});

test.each([
  'vite build',
  'vite preview',
  'vitest',
  'next build',
  'webpack',
  'tsc && echo vite',
  'run-p api web',
  '',
  1,
  null,
  'vite --port 99999',
])('%j starts no dev server that is known', (script) => {
  expect(found(script)).toEqual([]);
});

test('several in one script', () => {
  expect(found('vite & wrangler dev')).toEqual(['vite 5173', 'wrangler 8787']);
});
