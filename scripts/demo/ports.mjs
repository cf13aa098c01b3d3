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

/** The port for the proxy: 80, else 8080, else any free one; `reason` says why not an earlier one. */
export const choosePort = async () => {
  const reasons = [];
  for (const port of [80, 8080]) {
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
