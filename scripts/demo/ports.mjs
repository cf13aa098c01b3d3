import { createServer } from 'node:net';
import { describeOwner } from '../../dist/registry/describe-owner.js';

// A listener on one address may leave the port free on another one, so each is tried.
const addresses = ['127.0.0.1', '::1', '0.0.0.0', '::'];

/** The error code with which listening fails, or undefined. */
const listenError = (port, host) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

/** Whether another program listens on the port, at any address that we could mean by localhost. */
export const isHeld = async (port) => {
  for (const host of addresses) if ((await listenError(port, host)) === 'EADDRINUSE') return true;
  return false;
};

/** Who listens on a port, in words. */
export const nameOwner = async (port) => (await describeOwner(port)) ?? 'another program';

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** The first of the wanted ports that can be listened on, else any free one; `reasons` say why not an earlier one. */
const choosePort = async (wanted) => {
  const reasons = [];
  for (const port of wanted) {
    const error = await listenError(port, '127.0.0.1');
    const held = error === 'EADDRINUSE' || (await isHeld(port));
    if (error === undefined && !held) return { port, reasons };
    reasons.push(
      held
        ? `Port ${port} is held by ${await nameOwner(port)}.`
        : `Port ${port} may not be used by this user (${error}).`,
    );
  }
  return { port: await freePort(), reasons };
};

/** The ports of the proxy: for clear text 80 or 8080, for TLS 443 or 8443; and in `reasons` why not the usual ones. */
export const chooseProxyPorts = async () => {
  const http = await choosePort([80, 8080]);
  const https = await choosePort([443, 8443]);
  return { http: http.port, https: https.port, reasons: [...http.reasons, ...https.reasons] };
};
