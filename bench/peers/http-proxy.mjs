import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { firstLine, proxyCore, start } from '../machine.mjs';

const { version } = createRequire(import.meta.url)('http-proxy/package.json');

/** The package as its own README uses it. */
export const httpProxy = {
  name: 'http-proxy',
  version: () => version,
  start: async ({ upstream }) => {
    const script = fileURLToPath(new URL('bare-http-proxy.mjs', import.meta.url));
    const child = start(proxyCore, process.execPath, [script, String(upstream.port)]);
    return { http: Number(await firstLine(child)), https: undefined, child };
  },
};
