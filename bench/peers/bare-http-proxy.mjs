// `node bare-http-proxy.mjs UPSTREAM_PORT` prints its own.
import { createServer } from 'node:http';
import httpProxy from 'http-proxy';

const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, ws: true });
proxy.on('error', (_error, _request, response) => response.destroy());
const server = createServer((request, response) => proxy.web(request, response));
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
