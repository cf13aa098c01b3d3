// http-proxy as its README shows it, in a process of its own: some of its faults end the process.
import { createServer } from 'node:http';
import httpProxy from 'http-proxy';

const port = Number(process.argv[2]);
const proxy = httpProxy.createProxyServer({ target: { host: '127.0.0.1', port }, xfwd: true, ws: true });
proxy.on('error', (_error, _request, response) => {
  if (!('writeHead' in response)) return;
  response.writeHead(502, { 'Content-Type': 'text/plain' });
  response.end('the upstream failed');
});
const server = createServer((request, response) => proxy.web(request, response));
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
