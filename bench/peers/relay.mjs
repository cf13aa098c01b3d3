import { fileURLToPath } from 'node:url';
import { firstLine, proxyCore, start } from '../machine.mjs';

/** Bytes passed on unread: what Node's sockets alone come to, and so what no proxy on them can be far above. */
export const relay = {
  name: 'TCP relay in Node',
  version: () => process.versions.node,
  start: async ({ upstream }) => {
    const script = fileURLToPath(new URL('bare-relay.mjs', import.meta.url));
    const child = start(proxyCore, process.execPath, [script, String(upstream.port)]);
    return { http: Number(await firstLine(child)), https: undefined, child };
  },
};
