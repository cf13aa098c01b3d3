// Requests to the proxy as a browser makes them. Node does not resolve *.localhost, so the address is 127.0.0.1 and the hostname is
// in the Host header.
import { request } from 'node:http';

export const authority = (hostname, port) => (port === 80 ? hostname : `${hostname}:${port}`);

/** Gives `{ status, headers, text }`. A `body` is sent as JSON. */
export const ask = (port, hostname, path, { method = 'GET', headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      timeout: 10_000,
      headers: {
        host: authority(hostname, port),
        ...(content !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(content),
        }),
        ...headers,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer from ${hostname}${path} within 10 s`)));
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

/** The same, and the body as JSON; any status but 2xx is an error. */
export const askJson = async (...args) => {
  const { status, text } = await ask(...args);
  if (status < 200 || status > 299) throw new Error(`${args[1]}${args[2]}: ${status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
};
