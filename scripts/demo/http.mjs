// Requests to the proxy as a browser makes them. Node does not resolve *.localhost, so the address is 127.0.0.1 and the hostname is
// in the Host header and in the TLS handshake. `proxy` is `{ http, https, ca }`: its ports, and the root certificate, which is all
// that these requests trust.
import { request as requestClear } from 'node:http';
import { connect } from 'node:http2';
import { request } from 'node:https';

/** Hostname and port as an address shows them. */
export const authority = (hostname, port) => (port === 443 ? hostname : `${hostname}:${port}`);

const exchange = (address, outgoing, content) =>
  new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer from ${address} within 10 s`)));
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data) => {
        text += data;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    outgoing.end(content);
  });

const common = { host: '127.0.0.1', agent: false, timeout: 10_000 };

/** Gives `{ status, headers, text }`. A `body` is sent as JSON. */
export const ask = ({ https, ca }, hostname, path, { method = 'GET', headers = {}, body } = {}) => {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const fields = {
    host: authority(hostname, https),
    ...(content !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(content),
    }),
    ...headers,
  };
  const outgoing = request({ ...common, port: https, ca, servername: hostname, path, method, headers: fields });
  return exchange(`${hostname}${path}`, outgoing, content);
};

/** The same, and the body as JSON; any status but 2xx is an error. */
export const askJson = async (...args) => {
  const { status, text } = await ask(...args);
  if (status < 200 || status > 299) throw new Error(`${args[1]}${args[2]}: ${status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
};

/** In clear text. */
export const askClear = ({ http }, hostname, path, { headers = {} } = {}) => {
  const host = http === 80 ? hostname : `${hostname}:${http}`;
  return exchange(`${hostname}${path}`, requestClear({ ...common, port: http, path, headers: { host, ...headers } }));
};

/** By HTTP/2, which the server has to choose in the handshake. Gives `{ status, text }`. */
export const askHttp2 = async ({ https, ca }, hostname, path) => {
  const session = connect(`https://127.0.0.1:${https}`, { ca, servername: hostname, ALPNProtocols: ['h2'] });
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':path': path, ':authority': authority(hostname, https) });
      let status;
      let text = '';
      stream.setEncoding('utf8');
      stream.setTimeout(10_000, () => reject(new Error(`No answer from ${hostname}${path} within 10 s`)));
      stream.on('response', (headers) => {
        status = headers[':status'];
      });
      stream.on('data', (data) => {
        text += data;
      });
      stream.on('error', reject);
      stream.on('end', () => resolve({ status, text }));
    });
  } finally {
    session.destroy();
  }
};
