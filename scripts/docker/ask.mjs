// The few calls of the Docker API with which an engine is prepared for tests. Sidings itself never makes any of these.
import { createHash } from 'node:crypto';
import { request } from 'node:http';

/** Where the keeper of the engine in a folder is found: a name that ends with its process, so nothing stale is ever left. */
export const keeperOf = (folder) => `\0sidings-test-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;

/** The socket in a `unix://` address. */
export const socketOf = (host) => host.replace(/^unix:\/\//, '');

/** Calls an engine at a unix socket; gives the JSON or text of its answer. A stream is sent as the body. */
export const askEngine = (socketPath, method, path, body) =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers: { Host: 'docker' }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data) => {
        text += data;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode >= 300 && response.statusCode !== 304) {
          reject(new Error(`${method} ${path}: ${response.statusCode} ${text.trim()}`));
          return;
        }
        const isJson = /^application\/json/.test(response.headers['content-type'] ?? '');
        resolve(isJson && text !== '' && body === undefined ? JSON.parse(text) : text);
      });
    });
    call.on('error', reject);
    if (body === undefined) call.end();
    else body.on('error', reject).pipe(call);
  });
