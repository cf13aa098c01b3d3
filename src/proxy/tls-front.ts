import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContext } from 'node:tls';
import type { Front } from './front.ts';
import type { Accept } from './listeners.ts';

/** Where certificates come from. */
export interface ProxyTls {
  /** Answers for a name that a client asks for (SNI), always by its callback. */
  readonly sni: (servername: string, done: (error: Error | null, context?: SecureContext) => void) => void;
  /**
   * Keeps the certificate good that clients get who ask for no name: calls with it before it settles, and with each new one until
   * the signal ends it.
   */
  readonly keepDefault: (
    apply: (certificate: { cert: string; key: string; ca: string[] }) => void,
    signal: AbortSignal,
  ) => Promise<void>;
}

export interface TlsFront extends Front {
  /** Has the certificate for clients that ask for no name; settles once there is one. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
}

/** A handshake that takes longer than this is an attack or a dead client. */
const handshakeMs = 10_000;

/** TLS 1.3, and of TLS 1.2 what has forward secrecy and authenticated encryption; the certificates are ECDSA, own ones may be RSA. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const context = {
  minVersion: 'TLSv1.2',
  ciphers,
  honorCipherOrder: true,
  // Tickets would be sealed with one key for as long as we run; a handshake costs a millisecond here, renegotiation only trouble.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const;

/**
 * Node's TLS server behind our own listeners: it takes connections, shakes hands, and hands them on by the protocol that the client
 * chose. A client that names none speaks HTTP/1.1.
 */
export const createTlsFront = (tls: ProxyTls, http1: Accept, http2: Accept): TlsFront => {
  const server = createServer({
    SNICallback: tls.sni,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: handshakeMs,
    ...context,
  });
  // Connections that are shaking hands, by their four addresses: what comes out is another object than what went in.
  const shaking = new Map<string, Socket>();
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    shaking.delete(addressesOf(socket));
    (socket.alpnProtocol === 'h2' ? http2 : http1)(socket);
  });
  return {
    accept: (socket) => {
      const key = addressesOf(socket);
      shaking.set(key, socket);
      socket.once('close', () => shaking.delete(key));
      server.emit('connection', socket);
    },
    drain: () => {
      for (const socket of shaking.values()) socket.destroy();
    },
    ready: (signal) =>
      tls.keepDefault((certificate) => server.setSecureContext({ ...certificate, ...context }), signal),
  };
};

const addressesOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  [remoteAddress, remotePort, localAddress, localPort].join(' ');
